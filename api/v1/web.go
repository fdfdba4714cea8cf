package v1

import (
	corev1 "k8s.io/api/core/v1"
)

type PrometheusWebSpec struct {
	WebConfigFileFields `json:",inline"`

	// +optional
	PageTitle *string `json:"pageTitle,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	MaxConnections *int32 `json:"maxConnections,omitempty"`
}

type WebConfigFileFields struct {
	// +optional
	TLSConfig *WebTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	HTTPConfig *WebHTTPConfig `json:"httpConfig,omitempty"`
}

type WebHTTPConfig struct {
	// +optional
	HTTP2 *bool `json:"http2,omitempty"`

	// +optional
	Headers *WebHTTPHeaders `json:"headers,omitempty"`
}

type WebHTTPHeaders struct {
	// +optional
	ContentSecurityPolicy string `json:"contentSecurityPolicy,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";Deny;SameOrigin
	XFrameOptions string `json:"xFrameOptions,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";NoSniff
	XContentTypeOptions string `json:"xContentTypeOptions,omitempty"`

	// +optional
	XXSSProtection string `json:"xXSSProtection,omitempty"`

	// +optional
	StrictTransportSecurity string `json:"strictTransportSecurity,omitempty"`
}

type WebTLSConfig struct {
	// +optional
	Cert SecretOrConfigMap `json:"cert,omitempty"`

	// +optional
	CertFile *string `json:"certFile,omitempty"`

	// +optional
	KeySecret corev1.SecretKeySelector `json:"keySecret,omitempty"`

	// +optional
	KeyFile *string `json:"keyFile,omitempty"`

	// +optional
	ClientCA SecretOrConfigMap `json:"client_ca,omitempty"`

	// +optional
	ClientCAFile *string `json:"clientCAFile,omitempty"`

	// +optional
	ClientAuthType *ClientAuthType `json:"clientAuthType,omitempty"`

	// +optional
	MinVersion *string `json:"minVersion,omitempty"`

	// +optional
	MaxVersion *string `json:"maxVersion,omitempty"`

	// +optional
	CipherSuites []string `json:"cipherSuites,omitempty"`

	// +optional
	PreferServerCipherSuites *bool `json:"preferServerCipherSuites,omitempty"`

	// +optional
	CurvePreferences []string `json:"curvePreferences,omitempty"`
}

// +kubebuilder:validation:Enum=NoClientCert;RequestClientCert;RequireAnyClientCert;VerifyClientCertIfGiven;RequireAndVerifyClientCert
type ClientAuthType string

const (
	NoClientCert               ClientAuthType = "NoClientCert"
	RequestClientCert          ClientAuthType = "RequestClientCert"
	RequireAnyClientCert       ClientAuthType = "RequireAnyClientCert"
	VerifyClientCertIfGiven    ClientAuthType = "VerifyClientCertIfGiven"
	RequireAndVerifyClientCert ClientAuthType = "RequireAndVerifyClientCert"
)
