package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// StaticConfig holds targets by address.
type StaticConfig struct {
	// Hosts and ports.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	Targets []Target `json:"targets"`

	// Labels to add to the series of all targets.
	// +optional
	// +mapType=atomic
	Labels map[string]string `json:"labels,omitempty"`
}

// FileSDConfig discovers targets from files in the Prometheus container.
type FileSDConfig struct {
	// Paths, best absolute ones. Mount the files by `secrets` or `configMaps` of the Prometheus.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	Files []SDFile `json:"files"`

	// Time between two looks at the files, besides those on a change. When unset, Prometheus has its own
	// default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

// HTTPSDConfig discovers targets from an HTTP endpoint.
type HTTPSDConfig struct {
	// URL of the list of targets.
	// +required
	URL URL `json:"url"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
