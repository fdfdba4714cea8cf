package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// +kubebuilder:validation:Pattern="^(http|https)://.+$"
type URL string

// +kubebuilder:validation:Pattern="(^0|([0-9]*[.])?[0-9]+((K|M|G|T|E|P)i?)?B)$"
type ByteSize string

// +kubebuilder:validation:Pattern="^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
type Duration string

// +kubebuilder:validation:Pattern="^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
// +kubebuilder:validation:MinLength=1
type NonEmptyDuration string

type LabelName string

// +kubebuilder:validation:Enum=http;https;HTTP;HTTPS
type Scheme string

const (
	SchemeHTTP  Scheme = "HTTP"
	SchemeHTTPS Scheme = "HTTPS"
)

type SecretOrConfigMap struct {
	// +optional
	Secret *corev1.SecretKeySelector `json:"secret,omitempty"`

	// +optional
	ConfigMap *corev1.ConfigMapKeySelector `json:"configMap,omitempty"`
}

type EmbeddedObjectMetadata struct {
	// +optional
	Name string `json:"name,omitempty"`

	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

type NamespaceSelector struct {
	// +optional
	Any bool `json:"any,omitempty"`

	// +optional
	MatchNames []string `json:"matchNames,omitempty"`
}

type Argument struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// +optional
	Value string `json:"value,omitempty"`
}

type ObjectReference struct {
	// +optional
	// +kubebuilder:default="monitoring.coreos.com"
	// +kubebuilder:validation:Enum=monitoring.coreos.com
	Group string `json:"group"`

	// +required
	// +kubebuilder:validation:Enum=prometheusrules;servicemonitors;podmonitors;probes;scrapeconfigs
	Resource string `json:"resource"`

	// +required
	// +kubebuilder:validation:MinLength=1
	Namespace string `json:"namespace"`

	// +optional
	Name string `json:"name,omitempty"`
}
