package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// DigitalOceanSDConfig discovers targets from the droplets of DigitalOcean, by their public IPv4 address
// unless relabeling takes another one.
type DigitalOceanSDConfig struct {
	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Port of the targets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

// HetznerSDConfig discovers targets from Hetzner, by their public IPv4 address unless relabeling takes
// another one.
type HetznerSDConfig struct {
	// Cloud servers or dedicated ones.
	// +required
	Role HetznerRole `json:"role"`

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

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Port of the targets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Label selector that the API evaluates. Needs Prometheus 3.5.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	LabelSelector *string `json:"labelSelector,omitempty"`
}

// HetznerRole is a kind of Hetzner server.
//
// +kubebuilder:validation:Enum=Hcloud;Robot
type HetznerRole string

const (
	HetznerRoleHcloud HetznerRole = "Hcloud"
	HetznerRoleRobot  HetznerRole = "Robot"
)

// IonosSDConfig discovers targets from IONOS.
type IonosSDConfig struct {
	// Datacenter to look in.
	// +required
	// +kubebuilder:validation:MinLength=1
	DataCenterID string `json:"datacenterID"`

	// Port of the targets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +required
	Authorization  v1.SafeAuthorization `json:"authorization"`
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

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`
}

// LinodeSDConfig discovers targets from Linode.
type LinodeSDConfig struct {
	// Region to look in. Needs Prometheus 2.52.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Region *string `json:"region,omitempty"`

	// Port of the targets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Text between tags in the label that holds them. When unset, Prometheus has its own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
