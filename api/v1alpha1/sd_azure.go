package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// AzureSDConfig discovers targets from virtual machines in Azure.
type AzureSDConfig struct {
	// Azure environment. When unset, Prometheus has its own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Environment *string `json:"environment,omitempty"`

	// How Prometheus authenticates. `OAuth` needs tenant, client and secret; `SDK` reads the environment.
	// +optional
	AuthenticationMethod *AuthenticationMethodType `json:"authenticationMethod,omitempty"`

	// Subscription to look in.
	// +required
	// +kubebuilder:validation:MinLength=1
	SubscriptionID string `json:"subscriptionID"`

	// Tenant, for OAuth.
	// +optional
	// +kubebuilder:validation:MinLength=1
	TenantID *string `json:"tenantID,omitempty"`

	// Client ID, for OAuth.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ClientID *string `json:"clientID,omitempty"`

	// Key of a Secret that holds the client secret, for OAuth.
	// +optional
	ClientSecret *corev1.SecretKeySelector `json:"clientSecret,omitempty"`

	// Resource group to look in. Needs Prometheus 2.35.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ResourceGroup *string `json:"resourceGroup,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Port of the targets. With the public address, relabeling must set it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

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

// AuthenticationMethodType is a way to authenticate to Azure.
//
// +kubebuilder:validation:Enum=OAuth;ManagedIdentity;SDK;WorkloadIdentity
type AuthenticationMethodType string

const (
	AuthMethodTypeOAuth            AuthenticationMethodType = "OAuth"
	AuthMethodTypeManagedIdentity  AuthenticationMethodType = "ManagedIdentity"
	AuthMethodTypeSDK              AuthenticationMethodType = "SDK"
	AuthMethodTypeWorkloadIdentity AuthenticationMethodType = "WorkloadIdentity"
)
