package v1

import (
	corev1 "k8s.io/api/core/v1"
)

type BasicAuth struct {
	// +optional
	Username corev1.SecretKeySelector `json:"username,omitempty"`

	// +optional
	Password corev1.SecretKeySelector `json:"password,omitempty"`
}

type SafeAuthorization struct {
	// +optional
	Type string `json:"type,omitempty"`

	// +optional
	Credentials *corev1.SecretKeySelector `json:"credentials,omitempty"`
}

type Authorization struct {
	SafeAuthorization `json:",inline"`

	// +optional
	CredentialsFile string `json:"credentialsFile,omitempty"`
}

type OAuth2 struct {
	// +required
	ClientID SecretOrConfigMap `json:"clientId"`

	// +required
	ClientSecret corev1.SecretKeySelector `json:"clientSecret"`

	// +required
	TokenURL URL `json:"tokenUrl"`

	// +optional
	Scopes []string `json:"scopes,omitempty"`

	// +optional
	EndpointParams map[string]string `json:"endpointParams,omitempty"`

	// +optional
	TLSConfig   *SafeTLSConfig `json:"tlsConfig,omitempty"`
	ProxyConfig `json:",inline"`
}

// +kubebuilder:validation:XValidation:rule="!has(self.externalId) || has(self.roleArn)",message="externalId can only be used when roleArn is specified"
type Sigv4 struct {
	// +optional
	Region string `json:"region,omitempty"`

	// +optional
	AccessKey *corev1.SecretKeySelector `json:"accessKey,omitempty"`

	// +optional
	SecretKey *corev1.SecretKeySelector `json:"secretKey,omitempty"`

	// +optional
	Profile string `json:"profile,omitempty"`

	// +optional
	RoleArn string `json:"roleArn,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ExternalID string `json:"externalId,omitempty"`

	// +optional
	UseFIPSSTSEndpoint *bool `json:"useFIPSSTSEndpoint,omitempty"`
}
