package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

type AzureSDConfig struct {
	// +optional
	// +kubebuilder:validation:MinLength=1
	Environment *string `json:"environment,omitempty"`

	// +optional
	AuthenticationMethod *AuthenticationMethodType `json:"authenticationMethod,omitempty"`

	// +required
	// +kubebuilder:validation:MinLength=1
	SubscriptionID string `json:"subscriptionID"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	TenantID *string `json:"tenantID,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ClientID *string `json:"clientID,omitempty"`

	// +optional
	ClientSecret *corev1.SecretKeySelector `json:"clientSecret,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ResourceGroup *string `json:"resourceGroup,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

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

// +kubebuilder:validation:Enum=OAuth;ManagedIdentity;SDK;WorkloadIdentity
type AuthenticationMethodType string

const (
	AuthMethodTypeOAuth            AuthenticationMethodType = "OAuth"
	AuthMethodTypeManagedIdentity  AuthenticationMethodType = "ManagedIdentity"
	AuthMethodTypeSDK              AuthenticationMethodType = "SDK"
	AuthMethodTypeWorkloadIdentity AuthenticationMethodType = "WorkloadIdentity"
)
