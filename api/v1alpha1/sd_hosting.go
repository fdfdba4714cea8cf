package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

type DigitalOceanSDConfig struct {
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

type HetznerSDConfig struct {
	// +required
	Role HetznerRole `json:"role"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	LabelSelector *string `json:"labelSelector,omitempty"`
}

// +kubebuilder:validation:Enum=Hcloud;Robot
type HetznerRole string

const (
	HetznerRoleHcloud HetznerRole = "Hcloud"
	HetznerRoleRobot  HetznerRole = "Robot"
)

type IonosSDConfig struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	DataCenterID string `json:"datacenterID"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +required
	Authorization  v1.SafeAuthorization `json:"authorization"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`
}

type LinodeSDConfig struct {
	// +optional
	// +kubebuilder:validation:MinLength=1
	Region *string `json:"region,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
