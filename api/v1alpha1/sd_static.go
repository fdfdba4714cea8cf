package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

type StaticConfig struct {
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	Targets []Target `json:"targets"`

	// +optional
	// +mapType=atomic
	Labels map[string]string `json:"labels,omitempty"`
}

type FileSDConfig struct {
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	Files []SDFile `json:"files"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

type HTTPSDConfig struct {
	// +required
	URL URL `json:"url"`

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
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
