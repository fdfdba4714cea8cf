package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// PuppetDBSDConfig discovers targets from PuppetDB.
type PuppetDBSDConfig struct {
	// URL of the root of the query API.
	// +required
	URL URL `json:"url"`

	// Query in PQL. It must return resources.
	// +required
	// +kubebuilder:validation:MinLength=1
	Query string `json:"query"`

	// Whether parameters become labels. They are then shown to all who can see the targets, secrets among them
	// included.
	// +optional
	IncludeParameters *bool `json:"includeParameters,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Port of the targets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

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
