package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

type KubernetesSDConfig struct {
	// +optional
	// +kubebuilder:validation:MinLength=1
	APIServer *string `json:"apiServer,omitempty"`

	// +required
	Role KubernetesRole `json:"role"`

	// +optional
	Namespaces *NamespaceDiscovery `json:"namespaces,omitempty"`

	// +optional
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`

	// +optional
	// +listType=map
	// +listMapKey=role
	Selectors []K8SSelectorConfig `json:"selectors,omitempty"`

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
}

// +kubebuilder:validation:Enum=Pod;Endpoints;Ingress;Service;Node;EndpointSlice
type KubernetesRole string

const (
	KubernetesRolePod           KubernetesRole = "Pod"
	KubernetesRoleEndpoint      KubernetesRole = "Endpoints"
	KubernetesRoleIngress       KubernetesRole = "Ingress"
	KubernetesRoleService       KubernetesRole = "Service"
	KubernetesRoleNode          KubernetesRole = "Node"
	KubernetesRoleEndpointSlice KubernetesRole = "EndpointSlice"
)

type K8SSelectorConfig struct {
	// +required
	Role KubernetesRole `json:"role"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Label *string `json:"label,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Field *string `json:"field,omitempty"`
}

type NamespaceDiscovery struct {
	// +optional
	IncludeOwnNamespace *bool `json:"ownNamespace,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Names []string `json:"names,omitempty"`
}

type AttachMetadata struct {
	// +optional
	Node *bool `json:"node,omitempty"`
}
