package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServiceMonitor describes how to scrape the endpoints behind a set of Services.
//
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
//
// +kubebuilder:object:root=true
type ServiceMonitorList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ServiceMonitor `json:"items"`
}

// ServiceMonitorSpec says what a ServiceMonitor scrapes, and how.
type ServiceMonitorSpec struct {
	// Label of the Service whose value becomes the label `job`. When empty, or when the Service lacks it, the
	// Service's name does.
	// +optional
	JobLabel string `json:"jobLabel,omitempty"`

	// Labels of the Service that are copied to its series.
	// +optional
	TargetLabels []string `json:"targetLabels,omitempty"`

	// Labels of the pod that are copied to its series.
	// +optional
	PodTargetLabels []string `json:"podTargetLabels,omitempty"`

	// Ports to scrape, one job each.
	// +required
	Endpoints []Endpoint `json:"endpoints"`

	// Labels of the Services, or rather of their endpoints. An empty selector takes all.
	// +required
	Selector metav1.LabelSelector `json:"selector"`

	// Where the label selector is evaluated: by relabeling in Prometheus, which is the default, or by the API
	// server through role selectors, which costs less memory in large clusters.
	// +optional
	SelectorMechanism *SelectorMechanism `json:"selectorMechanism,omitempty"`

	// Namespaces to look in. When empty, the namespace of this object.
	// +optional
	NamespaceSelector NamespaceSelector `json:"namespaceSelector,omitempty"`

	// Samples that one scrape may return after relabeling; with more the scrape fails. 0 means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

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

	// Targets that one job may have; with more all of them fail. 0 means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

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

	// Metadata to add to the labels of discovered targets. Needs Prometheus 2.37.0.
	// +optional
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`

	// Name of the scrape class of the Prometheus whose settings apply. When unset, its default class applies.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`

	// Size that an uncompressed response may have; with more the scrape fails. Needs Prometheus 2.28.0.
	// +optional
	BodySizeLimit *ByteSize `json:"bodySizeLimit,omitempty"`

	// Objects that endpoints are read from. When unset, what the Prometheus says.
	// +optional
	ServiceDiscoveryRole *ServiceDiscoveryRole `json:"serviceDiscoveryRole,omitempty"`
}
