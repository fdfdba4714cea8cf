package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// KubernetesSDConfig discovers targets from the Kubernetes API.
type KubernetesSDConfig struct {
	// Host of the API server, with a port where needed. When unset, that of the cluster, reached as pods do.
	// +optional
	// +kubebuilder:validation:MinLength=1
	APIServer *string `json:"apiServer,omitempty"`

	// Kind of object that targets are made from.
	// +required
	Role KubernetesRole `json:"role"`

	// Namespaces to look in. All of them when unset.
	// +optional
	Namespaces *NamespaceDiscovery `json:"namespaces,omitempty"`

	// Metadata to add to the labels of discovered targets. Needs Prometheus 2.35.0 for pods and 2.37.0 for
	// endpoints.
	// +optional
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`

	// Selectors that the API server evaluates, one per kind of object.
	// +optional
	// +listType=map
	// +listMapKey=role
	Selectors []K8SSelectorConfig `json:"selectors,omitempty"`

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
}

// KubernetesRole is a kind of Kubernetes object that targets are made from.
//
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

// K8SSelectorConfig holds selectors for one kind of object.
type K8SSelectorConfig struct {
	// Kind of object.
	// +required
	Role KubernetesRole `json:"role"`

	// Label selector, such as `app=web`.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Label *string `json:"label,omitempty"`

	// Field selector, such as `metadata.name=web`.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Field *string `json:"field,omitempty"`
}

// NamespaceDiscovery holds the namespaces to look in.
type NamespaceDiscovery struct {
	// Whether the namespace of the Prometheus pod is among them.
	// +optional
	IncludeOwnNamespace *bool `json:"ownNamespace,omitempty"`

	// Names of the namespaces. When there are none and `ownNamespace` is not true, all namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Names []string `json:"names,omitempty"`
}

// AttachMetadata holds metadata that is added to the labels of targets, for use in relabeling.
type AttachMetadata struct {
	// Whether labels and annotations of the target's node are added, for pods and endpoints. Prometheus must be
	// allowed to list and watch nodes.
	// +optional
	Node *bool `json:"node,omitempty"`
}
