package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// TLSVersion is a version of TLS as Prometheus writes it.
//
// +kubebuilder:validation:Enum=TLS10;TLS11;TLS12;TLS13
type TLSVersion string

const (
	TLSVersion10 TLSVersion = "TLS10"
	TLSVersion11 TLSVersion = "TLS11"
	TLSVersion12 TLSVersion = "TLS12"
	TLSVersion13 TLSVersion = "TLS13"
)

// SafeTLSConfig is the TLS settings of a client that takes certificates from Secrets and ConfigMaps only,
// so that a user of a namespace can't reach files in the container.
type SafeTLSConfig struct {
	// Certificate authorities that the server is checked against. The system's when unset.
	// +optional
	CA SecretOrConfigMap `json:"ca,omitempty"`

	// Certificate that the client presents. Goes with `keySecret`.
	// +optional
	Cert SecretOrConfigMap `json:"cert,omitempty"`

	// Private key of `cert`.
	// +optional
	KeySecret *corev1.SecretKeySelector `json:"keySecret,omitempty"`

	// Name that the server's certificate must be valid for, in place of the one in the address.
	// +optional
	ServerName *string `json:"serverName,omitempty"`

	// Whether the server's certificate is accepted unchecked.
	// +optional
	InsecureSkipVerify *bool `json:"insecureSkipVerify,omitempty"`

	// Lowest version of TLS. Needs Prometheus 2.35.0.
	// +optional
	MinVersion *TLSVersion `json:"minVersion,omitempty"`

	// Highest version of TLS. Needs Prometheus 2.41.0.
	// +optional
	MaxVersion *TLSVersion `json:"maxVersion,omitempty"`
}

// TLSFilesConfig holds certificates as files in the container.
type TLSFilesConfig struct {
	// Path of the certificate authorities. Excludes `ca`.
	// +optional
	CAFile string `json:"caFile,omitempty"`

	// Path of the certificate that the client presents. Excludes `cert`.
	// +optional
	CertFile string `json:"certFile,omitempty"`

	// Path of its private key. Excludes `keySecret`.
	// +optional
	KeyFile string `json:"keyFile,omitempty"`
}

// TLSConfig is the TLS settings of a client that may also take certificates from files in the container.
type TLSConfig struct {
	SafeTLSConfig  `json:",inline"`
	TLSFilesConfig `json:",inline"`
}

// GRPCServerTLSConfig is the TLS settings of a gRPC server.
type GRPCServerTLSConfig struct {
	TLSConfig `json:",inline"`

	// Cipher suites for TLS up to 1.2, by their names in Go's crypto/tls. Go's default when unset. Needs Thanos
	// 0.42.0.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	CipherSuites []string `json:"cipherSuites,omitempty"`

	// Elliptic curves for the handshake, the preferred one first, by their names in Go's crypto/tls. Go's
	// default when unset. Needs Thanos 0.42.0.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	Curves []string `json:"curves,omitempty"`
}
