package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

type ScalewaySDConfig struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	AccessKey string `json:"accessKey"`

	// +required
	SecretKey corev1.SecretKeySelector `json:"secretKey"`

	// +required
	// +kubebuilder:validation:MinLength=1
	ProjectID string `json:"projectID"`

	// +required
	Role ScalewayRole `json:"role"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	ApiURL *URL `json:"apiURL,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Zone *string `json:"zone,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	NameFilter *string `json:"nameFilter,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	TagsFilter []string `json:"tagsFilter,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
	v1.ProxyConfig  `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
}

// +kubebuilder:validation:Enum=Instance;Baremetal
type ScalewayRole string

const (
	ScalewayRoleInstance  ScalewayRole = "Instance"
	ScalewayRoleBaremetal ScalewayRole = "Baremetal"
)
