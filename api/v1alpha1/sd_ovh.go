package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// OVHCloudSDConfig discovers targets from OVHcloud.
type OVHCloudSDConfig struct {
	// Application key of the API.
	// +required
	// +kubebuilder:validation:MinLength=1
	ApplicationKey string `json:"applicationKey"`

	// Key of a Secret that holds the application secret.
	// +required
	ApplicationSecret corev1.SecretKeySelector `json:"applicationSecret"`

	// Key of a Secret that holds the consumer key.
	// +required
	ConsumerKey corev1.SecretKeySelector `json:"consumerKey"`

	// Kind of server that targets are made from.
	// +required
	Service OVHService `json:"service"`

	// Endpoint of the API. When unset, Prometheus has its own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Endpoint *string `json:"endpoint,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

// OVHService is a kind of OVHcloud server.
//
// +kubebuilder:validation:Enum=VPS;DedicatedServer
type OVHService string

const (
	OVHServiceVPS             OVHService = "VPS"
	OVHServiceDedicatedServer OVHService = "DedicatedServer"
)
