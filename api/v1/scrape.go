package v1

import (
	"github.com/promloop/promloop/api/intstr"
)

// ScrapeProtocol is an exposition format.
//
// +kubebuilder:validation:Enum=PrometheusProto;OpenMetricsText0.0.1;OpenMetricsText1.0.0;PrometheusText0.0.4;PrometheusText1.0.0
type ScrapeProtocol string

const (
	PrometheusProto      ScrapeProtocol = "PrometheusProto"
	PrometheusText0_0_4  ScrapeProtocol = "PrometheusText0.0.4"
	PrometheusText1_0_0  ScrapeProtocol = "PrometheusText1.0.0"
	OpenMetricsText0_0_1 ScrapeProtocol = "OpenMetricsText0.0.1"
	OpenMetricsText1_0_0 ScrapeProtocol = "OpenMetricsText1.0.0"
)

// NativeHistogramConfig says how histograms are scraped.
type NativeHistogramConfig struct {
	// Whether native histograms are scraped. Needs Prometheus 3.8.0.
	// +optional
	ScrapeNativeHistograms *bool `json:"scrapeNativeHistograms,omitempty"`

	// Whether a histogram that is exposed in both forms is stored in both. It is
	// `always_scrape_classic_histograms` of Prometheus. Needs Prometheus 2.45.0.
	// +optional
	ScrapeClassicHistograms *bool `json:"scrapeClassicHistograms,omitempty"`

	// Buckets that a native histogram may have; with more they are merged. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	NativeHistogramBucketLimit *int64 `json:"nativeHistogramBucketLimit,omitempty"`

	// Growth from one bucket to the next below which buckets are merged. Needs Prometheus 2.50.0.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:Pattern=`^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`
	NativeHistogramMinBucketFactor *intstr.IntOrString `json:"nativeHistogramMinBucketFactor,omitempty"`

	// Whether classic histograms are stored as native ones with custom buckets. Needs Prometheus 3.0.0.
	// +optional
	ConvertClassicHistogramsToNHCB *bool `json:"convertClassicHistogramsToNHCB,omitempty"`
}

// AttachMetadata holds metadata that is added to the labels of targets, for use in relabeling.
type AttachMetadata struct {
	// Whether labels and annotations of the target's node are added as `__meta_kubernetes_node_*`. Prometheus
	// must be allowed to list and watch nodes.
	// +optional
	Node *bool `json:"node,omitempty"`
}

// SelectorMechanism says where a label selector is evaluated.
//
// +kubebuilder:validation:Enum=RelabelConfig;RoleSelector
type SelectorMechanism string

const (
	// By relabeling in Prometheus.
	SelectorMechanismRelabel SelectorMechanism = "RelabelConfig"
	// By the API server.
	SelectorMechanismRole SelectorMechanism = "RoleSelector"
)

// ServiceDiscoveryRole is a kind of object that endpoints of a Service are read from.
//
// +kubebuilder:validation:Enum=Endpoints;EndpointSlice
type ServiceDiscoveryRole string

const (
	EndpointsRole     ServiceDiscoveryRole = "Endpoints"
	EndpointSliceRole ServiceDiscoveryRole = "EndpointSlice"
)

// NameValidationSchemeOptions is the character set of metric and label names. Legacy can't go with the OTLP
// translation NoUTF8EscapingWithSuffixes.
//
// +kubebuilder:validation:Enum=UTF8;Legacy
type NameValidationSchemeOptions string

const (
	// Any UTF-8.
	UTF8NameValidationScheme NameValidationSchemeOptions = "UTF8"
	// Letters, digits, underscores and colons.
	LegacyNameValidationScheme NameValidationSchemeOptions = "Legacy"
)

// NameEscapingSchemeOptions says how names outside of the classic character set are turned into it.
//
// +kubebuilder:validation:Enum=AllowUTF8;Underscores;Dots;Values
type NameEscapingSchemeOptions string

const (
	// Not at all.
	AllowUTF8NameEscapingScheme NameEscapingSchemeOptions = "AllowUTF8"
	// Each foreign character becomes an underscore.
	UnderscoresNameEscapingScheme NameEscapingSchemeOptions = "Underscores"
	// Dots become `_dot_`, underscores are doubled, other foreign characters become underscores.
	DotsNameEscapingScheme NameEscapingSchemeOptions = "Dots"
	// Names start with `U__` and each foreign character is written as its code point between underscores.
	ValuesNameEscapingScheme NameEscapingSchemeOptions = "Values"
)
