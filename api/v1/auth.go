package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// BasicAuth is a user name and a password, each from a Secret in the namespace of the object.
type BasicAuth struct {
	// Key of a Secret that holds the user name.
	// +optional
	Username corev1.SecretKeySelector `json:"username,omitempty"`

	// Key of a Secret that holds the password.
	// +optional
	Password corev1.SecretKeySelector `json:"password,omitempty"`
}

// SafeAuthorization is an Authorization header that takes its credentials from a Secret only.
type SafeAuthorization struct {
	// Authentication scheme, `Bearer` when empty. `Basic` is refused: use `basicAuth`.
	// +optional
	Type string `json:"type,omitempty"`

	// Key of a Secret that holds the credentials.
	// +optional
	Credentials *corev1.SecretKeySelector `json:"credentials,omitempty"`
}

// Authorization is an Authorization header that may also take its credentials from a file in the container.
type Authorization struct {
	SafeAuthorization `json:",inline"`

	// File in the container that holds the credentials. Excludes `credentials`.
	// +optional
	CredentialsFile string `json:"credentialsFile,omitempty"`
}

// OAuth2 is the client credentials flow of OAuth 2.0.
type OAuth2 struct {
	// Client ID, from a Secret or a ConfigMap.
	// +required
	ClientID SecretOrConfigMap `json:"clientId"`

	// Key of a Secret that holds the client secret.
	// +required
	ClientSecret corev1.SecretKeySelector `json:"clientSecret"`

	// URL that tokens are fetched from.
	// +required
	TokenURL URL `json:"tokenUrl"`

	// Scopes to ask for.
	// +optional
	Scopes []string `json:"scopes,omitempty"`

	// Parameters to add to the token URL.
	// +optional
	EndpointParams map[string]string `json:"endpointParams,omitempty"`

	// TLS settings for the token URL. Needs Prometheus 2.43.0.
	// +optional
	TLSConfig   *SafeTLSConfig `json:"tlsConfig,omitempty"`
	ProxyConfig `json:",inline"`
}

// Sigv4 says how requests are signed for AWS.
//
// +kubebuilder:validation:XValidation:rule="!has(self.externalId) || has(self.roleArn)",message="externalId needs roleArn"
type Sigv4 struct {
	// AWS region. When empty, that of the default credential chain.
	// +optional
	Region string `json:"region,omitempty"`

	// Key of a Secret that holds the access key. When unset, the environment variable AWS_ACCESS_KEY_ID.
	// +optional
	AccessKey *corev1.SecretKeySelector `json:"accessKey,omitempty"`

	// Key of a Secret that holds the secret key. When unset, the environment variable AWS_SECRET_ACCESS_KEY.
	// +optional
	SecretKey *corev1.SecretKeySelector `json:"secretKey,omitempty"`

	// Named profile of the AWS configuration.
	// +optional
	Profile string `json:"profile,omitempty"`

	// ARN of the role to assume.
	// +optional
	RoleArn string `json:"roleArn,omitempty"`

	// External ID to give when the role is assumed. Goes with `roleArn`. Needs Prometheus 3.10.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ExternalID string `json:"externalId,omitempty"`

	// Whether the STS endpoint with FIPS is used. Needs Prometheus 3.1.0.
	// +optional
	UseFIPSSTSEndpoint *bool `json:"useFIPSSTSEndpoint,omitempty"`
}
