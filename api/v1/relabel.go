package v1

// RelabelConfig is one step of relabeling, applied to targets, samples, alerts or remote write. It does
// what relabel_config of Prometheus does.
type RelabelConfig struct {
	// Labels whose values are joined and matched against `regex`.
	// +optional
	SourceLabels []LabelName `json:"sourceLabels,omitempty"`

	// Text between joined values. `;` when unset.
	// +optional
	Separator *string `json:"separator,omitempty"`

	// Label that is written. Required by Replace, HashMod, Lowercase, Uppercase, KeepEqual and DropEqual.
	// Groups of `regex` may be used.
	// +optional
	TargetLabel string `json:"targetLabel,omitempty"`

	// RE2 expression, anchored at both ends. `(.*)` when empty.
	// +optional
	Regex string `json:"regex,omitempty"`

	// Modulus of the hash of the joined values, for HashMod.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Modulus int64 `json:"modulus,omitempty"`

	// Text that Replace writes where `regex` matches; its groups may be used. `$1` when unset.
	// +optional
	Replacement *string `json:"replacement,omitempty"`

	// What to do. Lowercase and Uppercase need Prometheus 2.36.0, KeepEqual and DropEqual 2.41.0.
	// +optional
	// +kubebuilder:default=replace
	// +kubebuilder:validation:Enum=replace;Replace;keep;Keep;drop;Drop;hashmod;HashMod;labelmap;LabelMap;labeldrop;LabelDrop;labelkeep;LabelKeep;lowercase;Lowercase;uppercase;Uppercase;keepequal;KeepEqual;dropequal;DropEqual
	Action string `json:"action,omitempty"`
}
