package v1

// RemoteWriteSpec is one remote store to write to.
type RemoteWriteSpec struct {
	// URL to send samples to.
	// +required
	URL URL `json:"url"`

	// Name of the queue in metrics and logs, unique where set.
	// +optional
	Name *string `json:"name,omitempty"`

	// Version of the message format. With `V2.0` metadata is kept in the write-ahead log too. Needs Prometheus
	// 2.54.0.
	// +optional
	MessageVersion *RemoteWriteMessageVersion `json:"messageVersion,omitempty"`

	// Whether exemplars are sent. Needs the feature `exemplar-storage` and Prometheus 2.27.0.
	// +optional
	SendExemplars *bool `json:"sendExemplars,omitempty"`

	// Whether native histograms are sent. Needs Prometheus 2.40.0.
	// +optional
	SendNativeHistograms *bool `json:"sendNativeHistograms,omitempty"`

	// Time after which a request fails.
	// +optional
	RemoteTimeout *Duration `json:"remoteTimeout,omitempty"`

	// Additional HTTP headers. Headers that Prometheus sets itself can't be replaced. Needs Prometheus 2.25.0.
	// +optional
	Headers map[string]string `json:"headers,omitempty"`

	// Relabeling of the samples that are sent.
	// +optional
	WriteRelabelConfigs []RelabelConfig `json:"writeRelabelConfigs,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set. Needs Prometheus 2.27.0.
	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// File in the Prometheus container that holds a bearer token.
	//
	// Deprecated: use `authorization`.
	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// Authorization header. At most one kind of authentication may be set. Needs Prometheus 2.26.0.
	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// AWS Signature Version 4. At most one kind of authentication may be set. Needs Prometheus 2.26.0.
	// +optional
	Sigv4 *Sigv4 `json:"sigv4,omitempty"`

	// Microsoft Entra ID. At most one kind of authentication may be set. Needs Prometheus 2.45.0.
	// +optional
	AzureAD *AzureAD `json:"azureAd,omitempty"`

	// Bearer token in plain text.
	//
	// Deprecated: use `authorization`, which keeps the token out of the object.
	// +optional
	BearerToken string `json:"bearerToken,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig   *TLSConfig `json:"tlsConfig,omitempty"`
	ProxyConfig `json:",inline"`

	// Whether HTTP redirects are followed. Prometheus follows them when unset. Needs Prometheus 2.26.0.
	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// Size and pace of the queue.
	// +optional
	QueueConfig *QueueConfig `json:"queueConfig,omitempty"`

	// How metadata of metrics is sent. When unset, it is sent; an empty object sends none.
	// +optional
	MetadataConfig *MetadataConfig `json:"metadataConfig,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHttp2 *bool `json:"enableHTTP2,omitempty"`

	// Whether one of the addresses behind the host name is picked by chance, rather than tried in order. Needs
	// Prometheus 3.1.0.
	// +optional
	RoundRobinDNS *bool `json:"roundRobinDNS,omitempty"`
}

// RemoteWriteMessageVersion is a version of the remote write format.
//
// +kubebuilder:validation:Enum=V1.0;V2.0
type RemoteWriteMessageVersion string

const (
	RemoteWriteMessageVersion1_0 RemoteWriteMessageVersion = "V1.0"
	RemoteWriteMessageVersion2_0 RemoteWriteMessageVersion = "V2.0"
)

// QueueConfig is the size and pace of a remote write queue.
type QueueConfig struct {
	// Samples that one shard of the queue holds.
	// +optional
	Capacity int `json:"capacity,omitempty"`

	// Shards of the queue at least.
	// +optional
	MinShards int `json:"minShards,omitempty"`

	// Shards of the queue at most.
	// +optional
	MaxShards int `json:"maxShards,omitempty"`

	// Samples per request at most.
	// +optional
	MaxSamplesPerSend int `json:"maxSamplesPerSend,omitempty"`

	// Time that a sample waits for its request to fill up at most.
	// +optional
	BatchSendDeadline *Duration `json:"batchSendDeadline,omitempty"`

	// Times that a request is tried again after an error that may pass.
	// +optional
	MaxRetries int `json:"maxRetries,omitempty"`

	// First wait before a request is tried again; each further one is twice as long.
	// +optional
	MinBackoff *Duration `json:"minBackoff,omitempty"`

	// Longest wait before a request is tried again.
	// +optional
	MaxBackoff *Duration `json:"maxBackoff,omitempty"`

	// Whether a request is tried again after the status 429. Experimental in Prometheus.
	// +optional
	RetryOnRateLimit bool `json:"retryOnRateLimit,omitempty"`

	// Age above which samples are dropped. Needs Prometheus 2.50.0.
	// +optional
	SampleAgeLimit *Duration `json:"sampleAgeLimit,omitempty"`
}

// MetadataConfig says how metadata of metrics is sent to a remote store.
type MetadataConfig struct {
	// Whether it is sent. Without effect on version 2.0 of the format.
	// +optional
	Send bool `json:"send,omitempty"`

	// Time between two sends.
	// +optional
	SendInterval Duration `json:"sendInterval,omitempty"`

	// Entries per request at most. Needs Prometheus 2.29.0.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	MaxSamplesPerSend *int32 `json:"maxSamplesPerSend,omitempty"`
}
