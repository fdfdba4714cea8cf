package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// OpenStackSDConfig discovers targets from OpenStack.
type OpenStackSDConfig struct {
	// Kind of resource that targets are made from. `LoadBalancer` needs Prometheus 3.2.0.
	// +required
	Role OpenStackRole `json:"role"`

	// Region to look in.
	// +required
	// +kubebuilder:validation:MinLength=1
	Region string `json:"region"`

	// URL of the identity service.
	// +optional
	IdentityEndpoint *URL `json:"identityEndpoint,omitempty"`

	// User name. Version 3 of the identity API takes `userid` instead, or a domain besides.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Username *string `json:"username,omitempty"`

	// User ID.
	// +optional
	// +kubebuilder:validation:MinLength=1
	UserID *string `json:"userid,omitempty"`

	// Key of a Secret that holds the password.
	// +optional
	Password *corev1.SecretKeySelector `json:"password,omitempty"`

	// Domain by name. Excludes `domainID`.
	// +optional
	// +kubebuilder:validation:MinLength=1
	DomainName *string `json:"domainName,omitempty"`

	// Domain by ID. Excludes `domainName`.
	// +optional
	// +kubebuilder:validation:MinLength=1
	DomainID *string `json:"domainID,omitempty"`

	// Project by name. Whether name or ID is wanted, or both, is the provider's choice.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ProjectName *string `json:"projectName,omitempty"`

	// Project by ID.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ProjectID *string `json:"projectID,omitempty"`

	// Application credential by name, in place of a password.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ApplicationCredentialName *string `json:"applicationCredentialName,omitempty"`

	// Application credential by ID, in place of a password.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ApplicationCredentialID *string `json:"applicationCredentialId,omitempty"`

	// Key of a Secret that holds the secret of the application credential.
	// +optional
	ApplicationCredentialSecret *corev1.SecretKeySelector `json:"applicationCredentialSecret,omitempty"`

	// Whether instances of all projects are listed, which takes an administrator. For the role `Instance`.
	// +optional
	AllTenants *bool `json:"allTenants,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Port of the targets. With the public address, relabeling must set it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Kind of endpoint to connect to. When unset, Prometheus has its own default.
	// +optional
	Availability *OpenStackAvailability `json:"availability,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
}

// OpenStackRole is a kind of OpenStack resource that targets are made from.
//
// +kubebuilder:validation:Enum=Instance;Hypervisor;LoadBalancer
type OpenStackRole string

const (
	OpenStackRoleInstance     OpenStackRole = "Instance"
	OpenStackRoleHypervisor   OpenStackRole = "Hypervisor"
	OpenStackRoleLoadBalancer OpenStackRole = "LoadBalancer"
)

// OpenStackAvailability is a kind of OpenStack endpoint.
//
// +kubebuilder:validation:Enum=Public;Admin;Internal
type OpenStackAvailability string

const (
	OpenStackAvailabilityPublic   OpenStackAvailability = "Public"
	OpenStackAvailabilityAdmin    OpenStackAvailability = "Admin"
	OpenStackAvailabilityInternal OpenStackAvailability = "Internal"
)
