package v1

// APIServerConfig says how Prometheus reaches the Kubernetes API.
type APIServerConfig struct {
	// Host of the API server, with a port where needed.
	// +required
	Host string `json:"host"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// File in the Prometheus container that holds a bearer token.
	//
	// Deprecated: use `authorization`.
	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// Bearer token in plain text.
	//
	// Deprecated: use `authorization`, which keeps the token out of the object.
	// +optional
	BearerToken string `json:"bearerToken,omitempty"`
	ProxyConfig `json:",inline"`
}
