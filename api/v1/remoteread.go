package v1

type RemoteReadSpec struct {
	// +required
	URL URL `json:"url"`

	// +optional
	Name string `json:"name,omitempty"`

	// +optional
	RequiredMatchers map[string]string `json:"requiredMatchers,omitempty"`

	// +optional
	RemoteTimeout *Duration `json:"remoteTimeout,omitempty"`

	// +optional
	Headers map[string]string `json:"headers,omitempty"`

	// +optional
	ReadRecent bool `json:"readRecent,omitempty"`

	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// +optional
	BearerToken string `json:"bearerToken,omitempty"`

	// +optional
	TLSConfig   *TLSConfig `json:"tlsConfig,omitempty"`
	ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	FilterExternalLabels *bool `json:"filterExternalLabels,omitempty"`
}
