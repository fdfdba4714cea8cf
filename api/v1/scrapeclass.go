package v1

// ScrapeClass holds settings that an administrator offers to scrape objects under a name.
type ScrapeClass struct {
	// Name of the class.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Whether the class applies to objects that name none. One class at most may be the default.
	// +optional
	Default *bool `json:"default,omitempty"`

	// Format to assume when a target sends no usable Content-Type and the object names none. Needs Prometheus
	// 3.0.0.
	// +optional
	FallbackScrapeProtocol *ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// TLS settings for objects that do not have their own; only `caFile`, `certFile` and `keyFile` are taken.
	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`

	// Authorization header for objects that have none.
	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`

	// Relabeling of discovered targets, after the operator's steps and before those of the object.
	// +optional
	Relabelings []RelabelConfig `json:"relabelings,omitempty"`

	// Relabeling of scraped samples, before that of the object and before the enforced namespace label.
	// +optional
	MetricRelabelings []RelabelConfig `json:"metricRelabelings,omitempty"`

	// Metadata to add to discovered targets, for objects that do not say so themselves.
	// +optional
	AttachMetadata *AttachMetadata `json:"attachMetadata,omitempty"`
}
