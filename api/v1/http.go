package v1

import (
	corev1 "k8s.io/api/core/v1"
)

type ProxyConfig struct {
	// +optional
	// +kubebuilder:validation:Pattern="^(http|https|socks5)://.+$"
	ProxyURL *string `json:"proxyUrl,omitempty"`

	// +optional
	NoProxy *string `json:"noProxy,omitempty"`

	// +optional
	ProxyFromEnvironment *bool `json:"proxyFromEnvironment,omitempty"`

	// +optional
	// +mapType=atomic
	ProxyConnectHeader map[string][]corev1.SecretKeySelector `json:"proxyConnectHeader,omitempty"`
}

type HTTPConfigWithoutTLS struct {
	// +optional
	Authorization *SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// +optional
	BearerTokenSecret *corev1.SecretKeySelector `json:"bearerTokenSecret,omitempty"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHttp2,omitempty"`
}

type HTTPConfig struct {
	HTTPConfigWithoutTLS `json:",inline"`

	// +optional
	TLSConfig *SafeTLSConfig `json:"tlsConfig,omitempty"`
}

type HTTPConfigWithProxy struct {
	HTTPConfig  `json:",inline"`
	ProxyConfig `json:",inline"`
}

type HTTPConfigWithTLSFiles struct {
	HTTPConfigWithoutTLS `json:",inline"`

	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`
}

type HTTPConfigWithProxyAndTLSFiles struct {
	HTTPConfigWithTLSFiles `json:",inline"`
	ProxyConfig            `json:",inline"`
}
