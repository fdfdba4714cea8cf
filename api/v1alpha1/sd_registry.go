package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// ConsulSDConfig discovers targets from the catalogue of Consul.
type ConsulSDConfig struct {
	// Host of the Consul server, with a port where needed.
	// +required
	// +kubebuilder:validation:MinLength=1
	Server string `json:"server"`

	// Path in front of the API's own. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	PathPrefix *string `json:"pathPrefix,omitempty"`

	// Key of a Secret that holds the ACL token. When unset, the token of the local agent.
	// +optional
	TokenRef *corev1.SecretKeySelector `json:"tokenRef,omitempty"`

	// Datacenter. When unset, that of the local agent.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Datacenter *string `json:"datacenter,omitempty"`

	// Namespace, in Consul Enterprise. Needs Prometheus 2.28.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Namespace *string `json:"namespace,omitempty"`

	// Admin partition, in Consul Enterprise.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Partition *string `json:"partition,omitempty"`

	// Protocol scheme of the server's URL. `HTTP` when unset.
	// +optional
	Scheme *v1.Scheme `json:"scheme,omitempty"`

	// Services to scrape. All of them when empty.
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Services []string `json:"services,omitempty"`

	// Tags that a service must have, all of them. Since Consul 1.14 a `filter` on ServiceTags is the better
	// way.
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Tags []string `json:"tags,omitempty"`

	// Text between tags in the label that holds them. When unset, Prometheus has its own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`

	// Metadata that a node must have. Since Consul 1.14 a `filter` on NodeMeta is the better way.
	// +optional
	// +mapType=atomic
	NodeMeta map[string]string `json:"nodeMeta,omitempty"`

	// Filter expression for the catalogue. Needs Prometheus 3.0.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Filter *string `json:"filter,omitempty"`

	// Filter expression for health results. Needs Prometheus 3.11.2.
	// +optional
	// +kubebuilder:validation:MinLength=1
	HealthFilter *string `json:"healthFilter,omitempty"`

	// Whether stale results are good enough, which is easier on Consul. When unset, Prometheus has its own
	// default.
	// +optional
	AllowStale *bool `json:"allowStale,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

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
	EnableHttp2 *bool `json:"enableHTTP2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
}

// EurekaSDConfig discovers targets from a Eureka server, one per instance.
type EurekaSDConfig struct {
	// URL of the server.
	// +required
	Server URL `json:"server"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig      *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`
}

// KumaSDConfig discovers targets from the control plane of Kuma.
type KumaSDConfig struct {
	// URL of the monitoring assignment server.
	// +required
	Server URL `json:"server"`

	// Name under which this Prometheus asks for its assignments. Needs Prometheus 2.50.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ClientID *string `json:"clientID,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Time after which a request for assignments fails.
	// +optional
	FetchTimeout   *v1.Duration `json:"fetchTimeout,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}

// NomadSDConfig discovers targets from the services of Nomad.
type NomadSDConfig struct {
	// Whether stale results are good enough. When unset, Prometheus has its own default.
	// +optional
	AllowStale *bool `json:"allowStale,omitempty"`

	// Namespace to look in.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Namespace *string `json:"namespace,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Region to look in.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Region *string `json:"region,omitempty"`

	// URL of the server.
	// +required
	Server URL `json:"server"`

	// Text between tags in the label that holds them. When unset, Prometheus has its own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig      *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`
	v1.ProxyConfig `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`
}
