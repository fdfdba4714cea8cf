package v1

import (
	"k8s.io/apimachinery/pkg/api/resource"
)

type TracingConfig struct {
	// +optional
	// +kubebuilder:validation:Enum=http;grpc;HTTP;GRPC
	ClientType *string `json:"clientType,omitempty"`

	// +required
	// +kubebuilder:validation:MinLength=1
	Endpoint string `json:"endpoint"`

	// +optional
	SamplingFraction *resource.Quantity `json:"samplingFraction,omitempty"`

	// +optional
	Insecure *bool `json:"insecure,omitempty"`

	// +optional
	Headers map[string]string `json:"headers"`

	// +optional
	// +kubebuilder:validation:Enum=gzip;Gzip
	Compression *string `json:"compression,omitempty"`

	// +optional
	Timeout *Duration `json:"timeout,omitempty"`

	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`
}
