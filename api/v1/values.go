package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// URL is an http or https URL.
//
// +kubebuilder:validation:Pattern="^(http|https)://.+$"
type URL string

// ByteSize is a size in units of powers of two, such as `512MB`. The units are B, KB, KiB, MB, MiB and so
// on up to EiB.
//
// +kubebuilder:validation:Pattern="(^0|([0-9]*[.])?[0-9]+((K|M|G|T|E|P)i?)?B)$"
type ByteSize string

// Duration is a time span as Prometheus writes it, such as `30s` or `1h20m`. The units are y, w, d, h, m, s
// and ms.
//
// +kubebuilder:validation:Pattern="^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
type Duration string

// NonEmptyDuration is a Duration that may not be the empty string.
//
// +kubebuilder:validation:Pattern="^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
// +kubebuilder:validation:MinLength=1
type NonEmptyDuration string

// LabelName is the name of a label. Prometheus 3 takes any UTF-8, Prometheus 2 letters, digits and
// underscores.
type LabelName string

// Scheme is HTTP or HTTPS. The lower-case forms are accepted too.
//
// +kubebuilder:validation:Enum=http;https;HTTP;HTTPS
type Scheme string

const (
	SchemeHTTP  Scheme = "HTTP"
	SchemeHTTPS Scheme = "HTTPS"
)

// SecretOrConfigMap is one key of a Secret or of a ConfigMap in the namespace of the object.
type SecretOrConfigMap struct {
	// Key of a Secret. Excludes `configMap`.
	// +optional
	Secret *corev1.SecretKeySelector `json:"secret,omitempty"`

	// Key of a ConfigMap. Excludes `secret`.
	// +optional
	ConfigMap *corev1.ConfigMapKeySelector `json:"configMap,omitempty"`
}

// EmbeddedObjectMetadata is the part of ObjectMeta that makes sense for an object made from a template.
type EmbeddedObjectMetadata struct {
	// Name of the object.
	// +optional
	Name string `json:"name,omitempty"`

	// Labels of the object.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// Annotations of the object.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// NamespaceSelector holds namespaces by name: all of them, a list, or, when empty, the one of the object
// itself.
type NamespaceSelector struct {
	// Whether all namespaces are meant. Wins over `matchNames`.
	// +optional
	Any bool `json:"any,omitempty"`

	// Names of the namespaces.
	// +optional
	MatchNames []string `json:"matchNames,omitempty"`
}

// Argument is one command line argument.
type Argument struct {
	// Name without the leading dashes, such as `scrape.discovery-reload-interval`.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Value, empty for an argument that has none.
	// +optional
	Value string `json:"value,omitempty"`
}

// ObjectReference refers to one object of this API group, or to all of one kind in a namespace.
type ObjectReference struct {
	// API group, always `monitoring.coreos.com`.
	// +optional
	// +kubebuilder:default="monitoring.coreos.com"
	// +kubebuilder:validation:Enum=monitoring.coreos.com
	Group string `json:"group"`

	// Plural resource name.
	// +required
	// +kubebuilder:validation:Enum=prometheusrules;servicemonitors;podmonitors;probes;scrapeconfigs
	Resource string `json:"resource"`

	// Namespace of the objects.
	// +required
	// +kubebuilder:validation:MinLength=1
	Namespace string `json:"namespace"`

	// Name of the object. When empty, all objects of the namespace.
	// +optional
	Name string `json:"name,omitempty"`
}
