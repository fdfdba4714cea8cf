package v1

import (
	"k8s.io/apimachinery/pkg/api/resource"
)

// TracingConfig says where traces are sent.
type TracingConfig struct {
	// Protocol of the exporter: HTTP or GRPC.
	// +optional
	// +kubebuilder:validation:Enum=http;grpc;HTTP;GRPC
	ClientType *string `json:"clientType,omitempty"`

	// Host and port of the collector.
	// +required
	// +kubebuilder:validation:MinLength=1
	Endpoint string `json:"endpoint"`

	// Share of traces that is sampled, from 0 to 1.
	// +optional
	SamplingFraction *resource.Quantity `json:"samplingFraction,omitempty"`

	// Whether the connection goes without TLS.
	// +optional
	Insecure *bool `json:"insecure,omitempty"`

	// Headers of the requests.
	// +optional
	Headers map[string]string `json:"headers"`

	// Compression of the requests. None when unset.
	// +optional
	// +kubebuilder:validation:Enum=gzip;Gzip
	Compression *string `json:"compression,omitempty"`

	// Time after which a batch fails.
	// +optional
	Timeout *Duration `json:"timeout,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`
}
