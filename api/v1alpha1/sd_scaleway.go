package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// ScalewaySDConfig discovers targets from Scaleway.
type ScalewaySDConfig struct {
	// Access key of the API.
	// +required
	// +kubebuilder:validation:MinLength=1
	AccessKey string `json:"accessKey"`

	// Key of a Secret that holds the secret key.
	// +required
	SecretKey corev1.SecretKeySelector `json:"secretKey"`

	// Project to look in.
	// +required
	// +kubebuilder:validation:MinLength=1
	ProjectID string `json:"projectID"`

	// Kind of server that targets are made from.
	// +required
	Role ScalewayRole `json:"role"`

	// Port of the targets.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// URL of the API, in place of Scaleway's own.
	// +optional
	ApiURL *URL `json:"apiURL,omitempty"`

	// Zone to look in, such as fr-par-1.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Zone *string `json:"zone,omitempty"`

	// Text that the name of a server must contain.
	// +optional
	// +kubebuilder:validation:MinLength=1
	NameFilter *string `json:"nameFilter,omitempty"`

	// Tags that a server must have, all of them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	TagsFilter []string `json:"tagsFilter,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
	v1.ProxyConfig  `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
}

// ScalewayRole is a kind of Scaleway server.
//
// +kubebuilder:validation:Enum=Instance;Baremetal
type ScalewayRole string

const (
	ScalewayRoleInstance  ScalewayRole = "Instance"
	ScalewayRoleBaremetal ScalewayRole = "Baremetal"
)
