package v1

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

type Endpoint struct {
	// +optional
	Port string `json:"port,omitempty"`

	// +optional
	TargetPort *intstr.IntOrString `json:"targetPort,omitempty"`

	// +optional
	Path string `json:"path,omitempty"`

	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// +optional
	Params map[string][]string `json:"params,omitempty"`

	// +optional
	Interval Duration `json:"interval,omitempty"`

	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// +optional
	HonorLabels bool `json:"honorLabels,omitempty"`

	// +optional
	HonorTimestamps *bool `json:"honorTimestamps,omitempty"`

	// +optional
	TrackTimestampsStaleness *bool `json:"trackTimestampsStaleness,omitempty"`

	// +optional
	MetricRelabelConfigs []RelabelConfig `json:"metricRelabelings,omitempty"`

	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelings,omitempty"`

	// +optional
	FilterRunning *bool `json:"filterRunning,omitempty"`

	// +optional
	BearerTokenFile                string `json:"bearerTokenFile,omitempty"`
	HTTPConfigWithProxyAndTLSFiles `json:",inline"`
}

type PodMetricsEndpoint struct {
	// +optional
	Port *string `json:"port,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	PortNumber *int32 `json:"portNumber,omitempty"`

	// +optional
	TargetPort *intstr.IntOrString `json:"targetPort,omitempty"`

	// +optional
	Path string `json:"path,omitempty"`

	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// +optional
	Params map[string][]string `json:"params,omitempty"`

	// +optional
	Interval Duration `json:"interval,omitempty"`

	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// +optional
	HonorLabels bool `json:"honorLabels,omitempty"`

	// +optional
	HonorTimestamps *bool `json:"honorTimestamps,omitempty"`

	// +optional
	TrackTimestampsStaleness *bool `json:"trackTimestampsStaleness,omitempty"`

	// +optional
	MetricRelabelConfigs []RelabelConfig `json:"metricRelabelings,omitempty"`

	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelings,omitempty"`

	// +optional
	FilterRunning       *bool `json:"filterRunning,omitempty"`
	HTTPConfigWithProxy `json:",inline"`
}
