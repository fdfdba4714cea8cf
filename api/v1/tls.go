package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// +kubebuilder:validation:Enum=TLS10;TLS11;TLS12;TLS13
type TLSVersion string

const (
	TLSVersion10 TLSVersion = "TLS10"
	TLSVersion11 TLSVersion = "TLS11"
	TLSVersion12 TLSVersion = "TLS12"
	TLSVersion13 TLSVersion = "TLS13"
)

type SafeTLSConfig struct {
	// +optional
	CA SecretOrConfigMap `json:"ca,omitempty"`

	// +optional
	Cert SecretOrConfigMap `json:"cert,omitempty"`

	// +optional
	KeySecret *corev1.SecretKeySelector `json:"keySecret,omitempty"`

	// +optional
	ServerName *string `json:"serverName,omitempty"`

	// +optional
	InsecureSkipVerify *bool `json:"insecureSkipVerify,omitempty"`

	// +optional
	MinVersion *TLSVersion `json:"minVersion,omitempty"`

	// +optional
	MaxVersion *TLSVersion `json:"maxVersion,omitempty"`
}

type TLSFilesConfig struct {
	// +optional
	CAFile string `json:"caFile,omitempty"`

	// +optional
	CertFile string `json:"certFile,omitempty"`

	// +optional
	KeyFile string `json:"keyFile,omitempty"`
}

type TLSConfig struct {
	SafeTLSConfig  `json:",inline"`
	TLSFilesConfig `json:",inline"`
}

type GRPCServerTLSConfig struct {
	TLSConfig `json:",inline"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	CipherSuites []string `json:"cipherSuites,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	Curves []string `json:"curves,omitempty"`
}
