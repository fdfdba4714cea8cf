package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// EC2SDConfig discovers targets from AWS EC2, by their private address unless relabeling takes the public
// one. The credentials must allow `ec2:DescribeInstances`.
type EC2SDConfig struct {
	// AWS region. When unset, that of the instance Prometheus runs on.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Region *string `json:"region,omitempty"`

	// Key of a Secret that holds the access key. When unset, the default credential chain.
	// +optional
	AccessKey *corev1.SecretKeySelector `json:"accessKey,omitempty"`

	// Key of a Secret that holds the secret key.
	// +optional
	SecretKey *corev1.SecretKeySelector `json:"secretKey,omitempty"`

	// ARN of the role to assume, in place of keys.
	// +optional
	// +kubebuilder:validation:MinLength=1
	RoleARN *string `json:"roleARN,omitempty"`

	// Port of the targets. With the public address, relabeling must set it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Filters of DescribeInstances.
	// +optional
	Filters        Filters `json:"filters,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// TLS settings of the connection. Needs Prometheus 2.41.0.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset. Needs Prometheus 2.41.0.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset. Needs Prometheus 2.41.0.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}

// LightSailSDConfig discovers targets from AWS Lightsail.
type LightSailSDConfig struct {
	// AWS region. When unset, that of the instance Prometheus runs on.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Region *string `json:"region,omitempty"`

	// Key of a Secret that holds the access key. When unset, the default credential chain.
	// +optional
	AccessKey *corev1.SecretKeySelector `json:"accessKey,omitempty"`

	// Key of a Secret that holds the secret key.
	// +optional
	SecretKey *corev1.SecretKeySelector `json:"secretKey,omitempty"`

	// ARN of the role to assume, in place of keys.
	// +optional
	// +kubebuilder:validation:MinLength=1
	RoleARN *string `json:"roleARN,omitempty"`

	// Endpoint of the API, in place of AWS' own.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Endpoint *string `json:"endpoint,omitempty"`

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

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
