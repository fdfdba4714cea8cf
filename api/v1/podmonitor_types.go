package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PodMonitor describes how to scrape a set of pods without a Service in front of them.
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories="prometheus-operator",shortName="pmon"
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Accepted",type="string",JSONPath=".status.conditions[?(@.type == 'Accepted')].status",description="Whether every Prometheus that selects the object took it"
// +kubebuilder:printcolumn:name="Loaded",type="string",JSONPath=".status.conditions[?(@.type == 'Loaded')].status",description="Whether every replica runs this generation"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type PodMonitor struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Pods to scrape, and how.
	// +required
	Spec PodMonitorSpec `json:"spec"`

	// What became of the object, written by the operator.
	// +optional
	Status ConfigResourceStatus `json:"status,omitempty,omitzero"`
}

// PodMonitorList is a list of PodMonitor objects.
// +kubebuilder:object:root=true
type PodMonitorList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PodMonitor `json:"items"`
}

type PodMonitorSpec struct {
	// +optional
	JobLabel string `json:"jobLabel,omitempty"`

	// +optional
	PodTargetLabels []string `json:"podTargetLabels,omitempty"`

	// +optional
	PodMetricsEndpoints []PodMetricsEndpoint `json:"podMetricsEndpoints"`

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
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`

	// +optional
	BodySizeLimit *ByteSize `json:"bodySizeLimit,omitempty"`
}
