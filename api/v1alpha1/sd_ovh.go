package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

type OVHCloudSDConfig struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	ApplicationKey string `json:"applicationKey"`

	// +required
	ApplicationSecret corev1.SecretKeySelector `json:"applicationSecret"`

	// +required
	ConsumerKey corev1.SecretKeySelector `json:"consumerKey"`

	// +required
	Service OVHService `json:"service"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Endpoint *string `json:"endpoint,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

// +kubebuilder:validation:Enum=VPS;DedicatedServer
type OVHService string

const (
	OVHServiceVPS             OVHService = "VPS"
	OVHServiceDedicatedServer OVHService = "DedicatedServer"
)
