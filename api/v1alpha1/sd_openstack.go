package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

type OpenStackSDConfig struct {
	// +required
	Role OpenStackRole `json:"role"`

	// +required
	// +kubebuilder:validation:MinLength=1
	Region string `json:"region"`

	// +optional
	IdentityEndpoint *URL `json:"identityEndpoint,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Username *string `json:"username,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	UserID *string `json:"userid,omitempty"`

	// +optional
	Password *corev1.SecretKeySelector `json:"password,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	DomainName *string `json:"domainName,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	DomainID *string `json:"domainID,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ProjectName *string `json:"projectName,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ProjectID *string `json:"projectID,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ApplicationCredentialName *string `json:"applicationCredentialName,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ApplicationCredentialID *string `json:"applicationCredentialId,omitempty"`

	// +optional
	ApplicationCredentialSecret *corev1.SecretKeySelector `json:"applicationCredentialSecret,omitempty"`

	// +optional
	AllTenants *bool `json:"allTenants,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	Availability *OpenStackAvailability `json:"availability,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
}

// +kubebuilder:validation:Enum=Instance;Hypervisor;LoadBalancer
type OpenStackRole string

const (
	OpenStackRoleInstance     OpenStackRole = "Instance"
	OpenStackRoleHypervisor   OpenStackRole = "Hypervisor"
	OpenStackRoleLoadBalancer OpenStackRole = "LoadBalancer"
)

// +kubebuilder:validation:Enum=Public;Admin;Internal
type OpenStackAvailability string

const (
	OpenStackAvailabilityPublic   OpenStackAvailability = "Public"
	OpenStackAvailabilityAdmin    OpenStackAvailability = "Admin"
	OpenStackAvailabilityInternal OpenStackAvailability = "Internal"
)
