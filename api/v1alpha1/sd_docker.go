package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

type DockerSDConfig struct {
	// +required
	// +kubebuilder:validation:Pattern="^[a-zA-Z][a-zA-Z0-9+.-]*://.+$"
	Host           string `json:"host"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	HostNetworkingHost *string `json:"hostNetworkingHost,omitempty"`

	// +optional
	MatchFirstNetwork *bool `json:"matchFirstNetwork,omitempty"`

	// +optional
	Filters Filters `json:"filters,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}

type DockerSwarmSDConfig struct {
	// +required
	// +kubebuilder:validation:Pattern="^[a-zA-Z][a-zA-Z0-9+.-]*://.+$"
	Host string `json:"host"`

	// +required
	Role DockerSwarmRole `json:"role"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	Filters Filters `json:"filters,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2         *v1.OAuth2 `json:"oauth2,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}

// +kubebuilder:validation:Enum=Services;Tasks;Nodes
type DockerSwarmRole string

const (
	DockerSwarmRoleServices DockerSwarmRole = "Services"
	DockerSwarmRoleTasks    DockerSwarmRole = "Tasks"
	DockerSwarmRoleNodes    DockerSwarmRole = "Nodes"
)
