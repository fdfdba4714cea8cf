package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// PrometheusWebSpec is the web server of Prometheus.
type PrometheusWebSpec struct {
	WebConfigFileFields `json:",inline"`

	// Title of the web pages.
	// +optional
	PageTitle *string `json:"pageTitle,omitempty"`

	// Connections that may be open at once; 0 refuses all.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MaxConnections *int32 `json:"maxConnections,omitempty"`
}

// WebConfigFileFields is the content of the web configuration file.
type WebConfigFileFields struct {
	// TLS settings of the server. Plain HTTP when unset.
	// +optional
	TLSConfig *WebTLSConfig `json:"tlsConfig,omitempty"`

	// HTTP settings of the server.
	// +optional
	HTTPConfig *WebHTTPConfig `json:"httpConfig,omitempty"`
}

// WebHTTPConfig holds the HTTP settings of a server.
type WebHTTPConfig struct {
	// Whether HTTP/2 is served; it needs TLS. A change restarts the pods.
	// +optional
	HTTP2 *bool `json:"http2,omitempty"`

	// Headers to add to responses.
	// +optional
	Headers *WebHTTPHeaders `json:"headers,omitempty"`
}

// WebHTTPHeaders holds headers to add to responses. An empty one is not added.
type WebHTTPHeaders struct {
	// Value of Content-Security-Policy.
	// +optional
	ContentSecurityPolicy string `json:"contentSecurityPolicy,omitempty"`

	// Value of X-Frame-Options.
	// +optional
	// +kubebuilder:validation:Enum="";Deny;SameOrigin
	XFrameOptions string `json:"xFrameOptions,omitempty"`

	// Value of X-Content-Type-Options.
	// +optional
	// +kubebuilder:validation:Enum="";NoSniff
	XContentTypeOptions string `json:"xContentTypeOptions,omitempty"`

	// Value of X-XSS-Protection.
	// +optional
	XXSSProtection string `json:"xXSSProtection,omitempty"`

	// Value of Strict-Transport-Security. Browsers then insist on HTTPS for the whole host, other applications
	// on it included.
	// +optional
	StrictTransportSecurity string `json:"strictTransportSecurity,omitempty"`
}

// WebTLSConfig holds the TLS settings of a server. A certificate and a key are required, each from an
// object or from a file.
type WebTLSConfig struct {
	// Certificate of the server. Excludes `certFile`.
	// +optional
	Cert SecretOrConfigMap `json:"cert,omitempty"`

	// Path of the certificate in the container. Excludes `cert`.
	// +optional
	CertFile *string `json:"certFile,omitempty"`

	// Private key of the certificate. Excludes `keyFile`.
	// +optional
	KeySecret corev1.SecretKeySelector `json:"keySecret,omitempty"`

	// Path of the private key in the container. Excludes `keySecret`.
	// +optional
	KeyFile *string `json:"keyFile,omitempty"`

	// Certificate authorities that clients are checked against. Excludes `clientCAFile`.
	// +optional
	ClientCA SecretOrConfigMap `json:"client_ca,omitempty"`

	// Path of these certificate authorities in the container. Excludes `client_ca`.
	// +optional
	ClientCAFile *string `json:"clientCAFile,omitempty"`

	// Whether clients must present a certificate. They need not when unset.
	// +optional
	ClientAuthType *ClientAuthType `json:"clientAuthType,omitempty"`

	// Lowest version of TLS. `TLS12` when unset.
	// +optional
	MinVersion *string `json:"minVersion,omitempty"`

	// Highest version of TLS. `TLS13` when unset.
	// +optional
	MaxVersion *string `json:"maxVersion,omitempty"`

	// Cipher suites for TLS up to 1.2, by their names in Go's crypto/tls. Go's default when unset.
	// +optional
	CipherSuites []string `json:"cipherSuites,omitempty"`

	// Whether the server's order of cipher suites wins over the client's.
	// +optional
	PreferServerCipherSuites *bool `json:"preferServerCipherSuites,omitempty"`

	// Elliptic curves for the handshake, the preferred one first, by their names in Go's crypto/tls.
	// +optional
	CurvePreferences []string `json:"curvePreferences,omitempty"`
}

// ClientAuthType says whether clients must present a certificate.
//
// +kubebuilder:validation:Enum=NoClientCert;RequestClientCert;RequireAnyClientCert;VerifyClientCertIfGiven;RequireAndVerifyClientCert
type ClientAuthType string

const (
	// None is asked for.
	NoClientCert ClientAuthType = "NoClientCert"
	// One is asked for, none required, none checked.
	RequestClientCert ClientAuthType = "RequestClientCert"
	// One is required, but not checked.
	RequireAnyClientCert ClientAuthType = "RequireAnyClientCert"
	// None is required, a given one is checked.
	VerifyClientCertIfGiven ClientAuthType = "VerifyClientCertIfGiven"
	// One is required and checked.
	RequireAndVerifyClientCert ClientAuthType = "RequireAndVerifyClientCert"
)
