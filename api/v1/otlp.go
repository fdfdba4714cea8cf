package v1

// OTLPConfig says how OTLP is received.
type OTLPConfig struct {
	// Whether all resource attributes become labels but those in `ignoreResourceAttributes`. Excludes
	// `promoteResourceAttributes`. Needs Prometheus 3.5.0.
	// +optional
	PromoteAllResourceAttributes *bool `json:"promoteAllResourceAttributes,omitempty"`

	// Resource attributes that do not become labels. Goes with `promoteAllResourceAttributes`. Needs Prometheus
	// 3.5.0.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	IgnoreResourceAttributes []string `json:"ignoreResourceAttributes,omitempty"`

	// Resource attributes that become labels. None when unset.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	PromoteResourceAttributes []string `json:"promoteResourceAttributes,omitempty"`

	// How names are translated. Needs Prometheus 3.0.0.
	// +optional
	TranslationStrategy *TranslationStrategyOption `json:"translationStrategy,omitempty"`

	// Whether `service.name`, `service.namespace` and `service.instance.id` are kept in `target_info` too.
	// Needs Prometheus 3.1.0.
	// +optional
	KeepIdentifyingResourceAttributes *bool `json:"keepIdentifyingResourceAttributes,omitempty"`

	// Whether histograms with explicit buckets are stored as native ones with custom buckets. Needs Prometheus
	// 3.4.0.
	// +optional
	ConvertHistogramsToNHCB *bool `json:"convertHistogramsToNHCB,omitempty"`

	// Whether name, version, schema URL and attributes of the scope become labels. Needs Prometheus 3.6.0.
	// +optional
	PromoteScopeMetadata *bool `json:"promoteScopeMetadata,omitempty"`

	// Whether `key_` is put in front of label names that start with one underscore. Concerns translation with
	// underscores only. Needs Prometheus 3.8.0.
	// +optional
	LabelNameUnderscoreSanitization *bool `json:"labelNameUnderscoreSanitization,omitempty"`

	// Whether several underscores in a row are kept in label names. Concerns translation with underscores only;
	// they are when unset. Needs Prometheus 3.8.0.
	// +optional
	LabelNamePreserveMultipleUnderscores *bool `json:"labelNamePreserveMultipleUnderscores,omitempty"`
}

// TranslationStrategyOption says how OTLP names are translated.
//
// +kubebuilder:validation:Enum=NoUTF8EscapingWithSuffixes;UnderscoreEscapingWithSuffixes;NoTranslation;UnderscoreEscapingWithoutSuffixes
type TranslationStrategyOption string

const (
	// Characters stay, suffixes for unit and type are added.
	NoUTF8EscapingWithSuffixes TranslationStrategyOption = "NoUTF8EscapingWithSuffixes"
	// Foreign characters become underscores, suffixes are added.
	UnderscoreEscapingWithSuffixes TranslationStrategyOption = "UnderscoreEscapingWithSuffixes"
	// Names stay as they are. Needs Prometheus 3.4.0.
	NoTranslation TranslationStrategyOption = "NoTranslation"
	// Foreign characters become underscores, no suffix is added. Needs Prometheus 3.6.0.
	UnderscoreEscapingWithoutSuffixes TranslationStrategyOption = "UnderscoreEscapingWithoutSuffixes"
)
