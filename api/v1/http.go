package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// ProxyConfig says how to reach a server through a proxy.
type ProxyConfig struct {
	// Address of the proxy. Excludes `proxyFromEnvironment`.
	// +optional
	// +kubebuilder:validation:Pattern="^(http|https|socks5)://.+$"
	ProxyURL *string `json:"proxyUrl,omitempty"`

	// Comma-separated addresses, networks and domains that are reached directly, with ports where needed. Goes
	// with `proxyUrl`. Needs Prometheus 2.43.0.
	// +optional
	NoProxy *string `json:"noProxy,omitempty"`

	// Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the container apply. Excludes `proxyUrl` and `noProxy`.
	// Needs Prometheus 2.43.0.
	// +optional
	ProxyFromEnvironment *bool `json:"proxyFromEnvironment,omitempty"`

	// Headers for the CONNECT request to the proxy, each with its values in Secrets. Needs Prometheus 2.43.0.
	// +optional
	// +mapType=atomic
	ProxyConnectHeader map[string][]corev1.SecretKeySelector `json:"proxyConnectHeader,omitempty"`
}

// HTTPConfigWithoutTLS holds the settings of an HTTP client but for TLS. At most one kind of authentication
// may be set.
type HTTPConfigWithoutTLS struct {
	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *SafeAuthorization `json:"authorization,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// Key of a Secret that holds a bearer token. At most one kind of authentication may be set.
	//
	// Deprecated: use `authorization`.
	// +optional
	BearerTokenSecret *corev1.SecretKeySelector `json:"bearerTokenSecret,omitempty"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHttp2,omitempty"`
}

// HTTPConfig holds the settings of an HTTP client that takes certificates from Secrets and ConfigMaps.
type HTTPConfig struct {
	HTTPConfigWithoutTLS `json:",inline"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *SafeTLSConfig `json:"tlsConfig,omitempty"`
}

// HTTPConfigWithProxy is an HTTPConfig with a proxy.
type HTTPConfigWithProxy struct {
	HTTPConfig  `json:",inline"`
	ProxyConfig `json:",inline"`
}

// HTTPConfigWithTLSFiles holds the settings of an HTTP client that may also take certificates from files in
// the container.
type HTTPConfigWithTLSFiles struct {
	HTTPConfigWithoutTLS `json:",inline"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`
}

// HTTPConfigWithProxyAndTLSFiles is an HTTPConfigWithTLSFiles with a proxy.
type HTTPConfigWithProxyAndTLSFiles struct {
	HTTPConfigWithTLSFiles `json:",inline"`
	ProxyConfig            `json:",inline"`
}
