package v1

import (
	"github.com/promloop/promloop/api/intstr"
)

// Endpoint is one port of the selected Services, and how it is scraped.
type Endpoint struct {
	// Name of the Service's port. Wins over `targetPort`.
	// +optional
	Port string `json:"port,omitempty"`

	// Name or number of the container port behind the Service. Endpoints without a pod are never scraped then.
	// +optional
	TargetPort *intstr.IntOrString `json:"targetPort,omitempty"`

	// Path of the scrape URL. `/metrics` when empty.
	// +optional
	Path string `json:"path,omitempty"`

	// Protocol scheme of the scrape URL. `HTTP` when unset.
	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// Parameters of the scrape URL.
	// +optional
	Params map[string][]string `json:"params,omitempty"`

	// Time between two scrapes. When empty, the interval of the Prometheus.
	// +optional
	Interval Duration `json:"interval,omitempty"`

	// Time after which a scrape fails, at most the interval. When empty, the timeout of the Prometheus.
	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// Whether labels in scraped data win over target labels of the same name. Otherwise they are kept with the
	// prefix `exported_`.
	// +optional
	HonorLabels bool `json:"honorLabels,omitempty"`

	// Whether timestamps in scraped data are kept. Prometheus keeps them when unset.
	// +optional
	HonorTimestamps *bool `json:"honorTimestamps,omitempty"`

	// Whether series with timestamps of their own go stale when they disappear. Without effect where timestamps
	// are not kept. Needs Prometheus 2.48.0.
	// +optional
	TrackTimestampsStaleness *bool `json:"trackTimestampsStaleness,omitempty"`

	// Relabeling of scraped samples before they are stored.
	// +optional
	MetricRelabelConfigs []RelabelConfig `json:"metricRelabelings,omitempty"`

	// Relabeling of discovered targets, after the steps that the operator adds. The job name is in the label
	// `__tmp_prometheus_job_name`.
	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelings,omitempty"`

	// Whether pods that have failed or succeeded are dropped. They are when unset.
	// +optional
	FilterRunning *bool `json:"filterRunning,omitempty"`

	// File in the Prometheus container that holds a bearer token.
	//
	// Deprecated: use `authorization`.
	// +optional
	BearerTokenFile                string `json:"bearerTokenFile,omitempty"`
	HTTPConfigWithProxyAndTLSFiles `json:",inline"`
}

// PodMetricsEndpoint is one port of the selected pods, and how it is scraped.
type PodMetricsEndpoint struct {
	// Name of the container port. Wins over the other two.
	// +optional
	Port *string `json:"port,omitempty"`

	// Number of the container port, which the pod must declare.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	PortNumber *int32 `json:"portNumber,omitempty"`

	// Name or number of the container port.
	//
	// Deprecated: use `port` or `portNumber`.
	// +optional
	TargetPort *intstr.IntOrString `json:"targetPort,omitempty"`

	// Path of the scrape URL. `/metrics` when empty.
	// +optional
	Path string `json:"path,omitempty"`

	// Protocol scheme of the scrape URL. `HTTP` when unset.
	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// Parameters of the scrape URL.
	// +optional
	Params map[string][]string `json:"params,omitempty"`

	// Time between two scrapes. When empty, the interval of the Prometheus.
	// +optional
	Interval Duration `json:"interval,omitempty"`

	// Time after which a scrape fails, at most the interval. When empty, the timeout of the Prometheus.
	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// Whether labels in scraped data win over target labels of the same name. Otherwise they are kept with the
	// prefix `exported_`.
	// +optional
	HonorLabels bool `json:"honorLabels,omitempty"`

	// Whether timestamps in scraped data are kept. Prometheus keeps them when unset.
	// +optional
	HonorTimestamps *bool `json:"honorTimestamps,omitempty"`

	// Whether series with timestamps of their own go stale when they disappear. Without effect where timestamps
	// are not kept. Needs Prometheus 2.48.0.
	// +optional
	TrackTimestampsStaleness *bool `json:"trackTimestampsStaleness,omitempty"`

	// Relabeling of scraped samples before they are stored.
	// +optional
	MetricRelabelConfigs []RelabelConfig `json:"metricRelabelings,omitempty"`

	// Relabeling of discovered targets, after the steps that the operator adds. The job name is in the label
	// `__tmp_prometheus_job_name`.
	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelings,omitempty"`

	// Whether pods that have failed or succeeded are dropped. They are when unset.
	// +optional
	FilterRunning       *bool `json:"filterRunning,omitempty"`
	HTTPConfigWithProxy `json:",inline"`
}
