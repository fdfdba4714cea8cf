package v1

type RemoteWriteSpec struct {
	// +required
	URL URL `json:"url"`

	// +optional
	Name *string `json:"name,omitempty"`

	// +optional
	MessageVersion *RemoteWriteMessageVersion `json:"messageVersion,omitempty"`

	// +optional
	SendExemplars *bool `json:"sendExemplars,omitempty"`

	// +optional
	SendNativeHistograms *bool `json:"sendNativeHistograms,omitempty"`

	// +optional
	RemoteTimeout *Duration `json:"remoteTimeout,omitempty"`

	// +optional
	Headers map[string]string `json:"headers,omitempty"`

	// +optional
	WriteRelabelConfigs []RelabelConfig `json:"writeRelabelConfigs,omitempty"`

	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// +optional
	Sigv4 *Sigv4 `json:"sigv4,omitempty"`

	// +optional
	AzureAD *AzureAD `json:"azureAd,omitempty"`

	// +optional
	BearerToken string `json:"bearerToken,omitempty"`

	// +optional
	TLSConfig   *TLSConfig `json:"tlsConfig,omitempty"`
	ProxyConfig `json:",inline"`

	// +optional
	FollowRedirects *bool `json:"followRedirects,omitempty"`

	// +optional
	QueueConfig *QueueConfig `json:"queueConfig,omitempty"`

	// +optional
	MetadataConfig *MetadataConfig `json:"metadataConfig,omitempty"`

	// +optional
	EnableHttp2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	RoundRobinDNS *bool `json:"roundRobinDNS,omitempty"`
}

// +kubebuilder:validation:Enum=V1.0;V2.0
type RemoteWriteMessageVersion string

const (
	RemoteWriteMessageVersion1_0 RemoteWriteMessageVersion = "V1.0"
	RemoteWriteMessageVersion2_0 RemoteWriteMessageVersion = "V2.0"
)

type QueueConfig struct {
	// +optional
	Capacity int `json:"capacity,omitempty"`

	// +optional
	MinShards int `json:"minShards,omitempty"`

	// +optional
	MaxShards int `json:"maxShards,omitempty"`

	// +optional
	MaxSamplesPerSend int `json:"maxSamplesPerSend,omitempty"`

	// +optional
	BatchSendDeadline *Duration `json:"batchSendDeadline,omitempty"`

	// +optional
	MaxRetries int `json:"maxRetries,omitempty"`

	// +optional
	MinBackoff *Duration `json:"minBackoff,omitempty"`

	// +optional
	MaxBackoff *Duration `json:"maxBackoff,omitempty"`

	// +optional
	RetryOnRateLimit bool `json:"retryOnRateLimit,omitempty"`

	// +optional
	SampleAgeLimit *Duration `json:"sampleAgeLimit,omitempty"`
}

type MetadataConfig struct {
	// +optional
	Send bool `json:"send,omitempty"`

	// +optional
	SendInterval Duration `json:"sendInterval,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=-1
	MaxSamplesPerSend *int32 `json:"maxSamplesPerSend,omitempty"`
}
