package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Probe describes how to check static targets or Ingresses through a prober such as the blackbox exporter.
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
// +kubebuilder:object:root=true
type ProbeList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Probe `json:"items"`
}

type ProbeSpec struct {
	// +optional
	JobName string `json:"jobName,omitempty"`

	// +optional
	ProberSpec ProberSpec `json:"prober,omitempty"`

	// +optional
	Module string `json:"module,omitempty"`

	// +optional
	Targets ProbeTargets `json:"targets,omitempty"`

	// +optional
	Interval Duration `json:"interval,omitempty"`

	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// +optional
	MetricRelabelConfigs []RelabelConfig `json:"metricRelabelings,omitempty"`

	// +optional
	Authorization *SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

	// +optional
	// +listType=set
	ScrapeProtocols []ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// +optional
	FallbackScrapeProtocol *ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelLimit *int64 `json:"labelLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelNameLengthLimit *int64 `json:"labelNameLengthLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelValueLengthLimit *int64 `json:"labelValueLengthLimit,omitempty"`
	NativeHistogramConfig `json:",inline"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	KeepDroppedTargets *int64 `json:"keepDroppedTargets,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`

	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	Params     []ProbeParam `json:"params,omitempty"`
	HTTPConfig `json:",inline"`
}

type ProbeParam struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name,omitempty"`

	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	Values []string `json:"values,omitempty"`
}

type ProberSpec struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	URL string `json:"url"`

	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// +optional
	// +kubebuilder:default="/probe"
	Path        string `json:"path,omitempty"`
	ProxyConfig `json:",inline"`
}

type ProbeTargets struct {
	// +optional
	StaticConfig *ProbeTargetStaticConfig `json:"staticConfig,omitempty"`

	// +optional
	Ingress *ProbeTargetIngress `json:"ingress,omitempty"`
}

type ProbeTargetStaticConfig struct {
	// +optional
	Targets []string `json:"static,omitempty"`

	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelingConfigs,omitempty"`
}

type ProbeTargetIngress struct {
	// +optional
	Selector metav1.LabelSelector `json:"selector,omitempty"`

	// +optional
	NamespaceSelector NamespaceSelector `json:"namespaceSelector,omitempty"`

	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelingConfigs,omitempty"`
}
