package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Probe describes how to check static targets or Ingresses through a prober such as the blackbox exporter.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories="prometheus-operator",shortName="prb"
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Accepted",type="string",JSONPath=".status.conditions[?(@.type == 'Accepted')].status",description="Whether every Prometheus that selects the object took it"
// +kubebuilder:printcolumn:name="Loaded",type="string",JSONPath=".status.conditions[?(@.type == 'Loaded')].status",description="Whether every replica runs this generation"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type Probe struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Targets to probe, and the prober that does it.
	// +required
	Spec ProbeSpec `json:"spec"`

	// What became of the object, written by the operator.
	// +optional
	Status ConfigResourceStatus `json:"status,omitempty,omitzero"`
}

// ProbeList is a list of Probe objects.
//
// +kubebuilder:object:root=true
type ProbeList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Probe `json:"items"`
}

// ProbeSpec says what a Probe checks, and how.
type ProbeSpec struct {
	// Value of the label `job`. When empty, the job's own name.
	// +optional
	JobName string `json:"jobName,omitempty"`

	// Prober that is asked.
	// +optional
	ProberSpec ProberSpec `json:"prober,omitempty"`

	// Module of the prober's configuration, given as the parameter `module`.
	// +optional
	Module string `json:"module,omitempty"`

	// What is probed.
	// +optional
	Targets ProbeTargets `json:"targets,omitempty"`

	// Time between two probes. When empty, the interval of the Prometheus.
	// +optional
	Interval Duration `json:"interval,omitempty"`

	// Time after which a scrape fails, at most the interval. When empty, the timeout of the Prometheus.
	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// Relabeling of scraped samples before they are stored.
	// +optional
	MetricRelabelConfigs []RelabelConfig `json:"metricRelabelings,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *SafeAuthorization `json:"authorization,omitempty"`

	// Samples that one scrape may return after relabeling; with more the scrape fails. 0 means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

	// Targets that one job may have; with more all of them fail. 0 means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

	// Exposition formats to ask for, the preferred one first. When unset, Prometheus has its own order. Needs
	// Prometheus 2.49.0.
	// +optional
	// +listType=set
	ScrapeProtocols []ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// Format to assume when a target sends no usable Content-Type. Needs Prometheus 3.0.0.
	// +optional
	FallbackScrapeProtocol *ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// Whether each scrape also stores its timeout, its sample limit and its body size as series. Needs
	// Prometheus 3.10.0.
	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// Labels that one sample may have; with more the scrape fails. 0 means no limit. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelLimit *int64 `json:"labelLimit,omitempty"`

	// Bytes that a label name may have; with more the scrape fails. 0 means no limit. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelNameLengthLimit *int64 `json:"labelNameLengthLimit,omitempty"`

	// Bytes that a label value may have; with more the scrape fails. 0 means no limit. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelValueLengthLimit *int64 `json:"labelValueLengthLimit,omitempty"`
	NativeHistogramConfig `json:",inline"`

	// Targets dropped by relabeling that are kept for display. 0 means no limit. Needs Prometheus 2.47.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	KeepDroppedTargets *int64 `json:"keepDroppedTargets,omitempty"`

	// Name of the scrape class of the Prometheus whose settings apply. When unset, its default class applies.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`

	// Parameters of the prober's URL. `module` wins over a parameter of that name.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	Params     []ProbeParam `json:"params,omitempty"`
	HTTPConfig `json:",inline"`
}

// ProbeParam is one parameter of the prober's URL.
type ProbeParam struct {
	// Name of the parameter.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name,omitempty"`

	// Values of the parameter.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	Values []string `json:"values,omitempty"`
}

// ProberSpec says where the prober is.
type ProberSpec struct {
	// Host and port of the prober, without a scheme.
	// +required
	// +kubebuilder:validation:MinLength=1
	URL string `json:"url"`

	// Protocol scheme of the prober's URL. `HTTP` when unset.
	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// Path of the prober's URL.
	// +optional
	// +kubebuilder:default="/probe"
	Path        string `json:"path,omitempty"`
	ProxyConfig `json:",inline"`
}

// ProbeTargets says what is probed: a list, or Ingresses. One of the two must be set; the list wins.
type ProbeTargets struct {
	// Targets by name.
	// +optional
	StaticConfig *ProbeTargetStaticConfig `json:"staticConfig,omitempty"`

	// Targets from Ingresses.
	// +optional
	Ingress *ProbeTargetIngress `json:"ingress,omitempty"`
}

// ProbeTargetStaticConfig discovers targets by name.
type ProbeTargetStaticConfig struct {
	// URLs or host names to probe.
	// +optional
	Targets []string `json:"static,omitempty"`

	// Labels to add to the series of all targets.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// Relabeling of the targets.
	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelingConfigs,omitempty"`
}

// ProbeTargetIngress discovers targets from the hosts and paths of Ingresses.
type ProbeTargetIngress struct {
	// Labels of the Ingresses. An empty selector takes all.
	// +optional
	Selector metav1.LabelSelector `json:"selector,omitempty"`

	// Namespaces to look in. When empty, the namespace of this object.
	// +optional
	NamespaceSelector NamespaceSelector `json:"namespaceSelector,omitempty"`

	// Relabeling of the targets. The address is in the label `__tmp_prometheus_ingress_address`, the job name
	// in `__tmp_prometheus_job_name`.
	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelingConfigs,omitempty"`
}
