package v1

// RemoteReadSpec is one remote store to read from.
type RemoteReadSpec struct {
	// URL to query.
	// +required
	URL URL `json:"url"`

	// Name of the store in metrics and logs, unique where set.
	// +optional
	Name string `json:"name,omitempty"`

	// Labels that a query must match by equality for the store to be asked.
	// +optional
	RequiredMatchers map[string]string `json:"requiredMatchers,omitempty"`

	// Time after which a request fails.
	// +optional
	RemoteTimeout *Duration `json:"remoteTimeout,omitempty"`

	// Additional HTTP headers. Headers that Prometheus sets itself can't be replaced. Needs Prometheus 2.26.0.
	// +optional
	Headers map[string]string `json:"headers,omitempty"`

	// Whether the store is asked for times that local data covers too.
	// +optional
	ReadRecent bool `json:"readRecent,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set. Needs Prometheus 2.27.0.
	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// File in the Prometheus container that holds a bearer token.
	//
	// Deprecated: use `authorization`.
	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// Authorization header. At most one kind of authentication may be set. Needs Prometheus 2.26.0.
	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// Bearer token in plain text.
	//
	// Deprecated: use `authorization`, which keeps the token out of the object.
	// +optional
	BearerToken string `json:"bearerToken,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig   *TLSConfig `json:"tlsConfig,omitempty"`
	ProxyConfig `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset. Needs Prometheus 2.26.0.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether the external labels are added to queries as matchers. Needs Prometheus 2.34.0.
	// +optional
	FilterExternalLabels *bool `json:"filterExternalLabels,omitempty"`
}
