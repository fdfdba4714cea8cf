package v1

type ScrapeClass struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// +optional
	Default *bool `json:"default,omitempty"`

	// +optional
	FallbackScrapeProtocol *ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// +optional
	Relabelings []RelabelConfig `json:"relabelings,omitempty"`

	// +optional
	MetricRelabelings []RelabelConfig `json:"metricRelabelings,omitempty"`

	// +optional
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`
}
