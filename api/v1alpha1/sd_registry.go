package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

type ConsulSDConfig struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Server string `json:"server"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	PathPrefix *string `json:"pathPrefix,omitempty"`

	// +optional
	TokenRef *corev1.SecretKeySelector `json:"tokenRef,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Datacenter *string `json:"datacenter,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Namespace *string `json:"namespace,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Partition *string `json:"partition,omitempty"`

	// +optional
	Scheme *v1.Scheme `json:"scheme,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Services []string `json:"services,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Tags []string `json:"tags,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`

	// +optional
	// +mapType=atomic
	NodeMeta map[string]string `json:"nodeMeta,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Filter *string `json:"filter,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	HealthFilter *string `json:"healthFilter,omitempty"`

	// +optional
	AllowStale *bool `json:"allowStale,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

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
	EnableHttp2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
}

type EurekaSDConfig struct {
	// +required
	Server URL `json:"server"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// +optional
	TLSConfig      *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

type KumaSDConfig struct {
	// +required
	Server URL `json:"server"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ClientID *string `json:"clientID,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	FetchTimeout   *v1.Duration `json:"fetchTimeout,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}

type NomadSDConfig struct {
	// +optional
	AllowStale *bool `json:"allowStale,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Namespace *string `json:"namespace,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Region *string `json:"region,omitempty"`

	// +required
	Server URL `json:"server"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// +optional
	TLSConfig      *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
