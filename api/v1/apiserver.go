package v1

type APIServerConfig struct {
	// +required
	Host string `json:"host"`

	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// +optional
	BearerToken string `json:"bearerToken,omitempty"`
	ProxyConfig `json:",inline"`
}
