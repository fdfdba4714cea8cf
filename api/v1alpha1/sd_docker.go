package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// DockerSDConfig discovers targets from the containers of a Docker daemon, one per address and port.
type DockerSDConfig struct {
	// URL of the daemon.
	// +required
	// +kubebuilder:validation:Pattern="^[a-zA-Z][a-zA-Z0-9+.-]*://.+$"
	Host           string `json:"host"`
	v1.ProxyConfig `json:",inline"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Port of targets that expose none.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Host of the targets in containers that use the host's network.
	// +optional
	// +kubebuilder:validation:MinLength=1
	HostNetworkingHost *string `json:"hostNetworkingHost,omitempty"`

	// Whether only the first network of a container counts. It does when unset. Needs Prometheus 2.54.1.
	// +optional
	MatchFirstNetwork *bool `json:"matchFirstNetwork,omitempty"`

	// Filters of the container list.
	// +optional
	Filters Filters `json:"filters,omitempty"`

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
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}

// DockerSwarmSDConfig discovers targets from Docker Swarm.
type DockerSwarmSDConfig struct {
	// URL of the daemon.
	// +required
	// +kubebuilder:validation:Pattern="^[a-zA-Z][a-zA-Z0-9+.-]*://.+$"
	Host string `json:"host"`

	// Kind of resource that targets are made from.
	// +required
	Role DockerSwarmRole `json:"role"`

	// Port of targets that publish none.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Filters of the list of services, tasks or nodes.
	// +optional
	Filters Filters `json:"filters,omitempty"`

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

// DockerSwarmRole is a kind of Docker Swarm resource that targets are made from.
//
// +kubebuilder:validation:Enum=Services;Tasks;Nodes
type DockerSwarmRole string

const (
	DockerSwarmRoleServices DockerSwarmRole = "Services"
	DockerSwarmRoleTasks    DockerSwarmRole = "Tasks"
	DockerSwarmRoleNodes    DockerSwarmRole = "Nodes"
)
