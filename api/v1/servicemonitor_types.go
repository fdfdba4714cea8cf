package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServiceMonitor describes how to scrape the endpoints behind a set of Services.
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories="prometheus-operator",shortName="smon"
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Accepted",type="string",JSONPath=".status.conditions[?(@.type == 'Accepted')].status",description="Whether every Prometheus that selects the object took it"
// +kubebuilder:printcolumn:name="Loaded",type="string",JSONPath=".status.conditions[?(@.type == 'Loaded')].status",description="Whether every replica runs this generation"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ServiceMonitor struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Services to scrape, and how.
	// +required
	Spec ServiceMonitorSpec `json:"spec"`

	// What became of the object, written by the operator.
	// +optional
	Status ConfigResourceStatus `json:"status,omitempty,omitzero"`
}

// ServiceMonitorList is a list of ServiceMonitor objects.
// +kubebuilder:object:root=true
type ServiceMonitorList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ServiceMonitor `json:"items"`
}

type ServiceMonitorSpec struct {
	// +optional
	JobLabel string `json:"jobLabel,omitempty"`

	// +optional
	TargetLabels []string `json:"targetLabels,omitempty"`

	// +optional
	PodTargetLabels []string `json:"podTargetLabels,omitempty"`

	// +required
	Endpoints []Endpoint `json:"endpoints"`

	// +required
	Selector metav1.LabelSelector `json:"selector"`

	// +optional
	SelectorMechanism *SelectorMechanism `json:"selectorMechanism,omitempty"`

	// +optional
	NamespaceSelector NamespaceSelector `json:"namespaceSelector,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

	// +optional
	// +listType=set
	ScrapeProtocols []ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// +optional
	FallbackScrapeProtocol *ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

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
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`

	// +optional
	BodySizeLimit *ByteSize `json:"bodySizeLimit,omitempty"`

	// +optional
	ServiceDiscoveryRole *ServiceDiscoveryRole `json:"serviceDiscoveryRole,omitempty"`
}
