package v1

type RelabelConfig struct {
	// +optional
	SourceLabels []LabelName `json:"sourceLabels,omitempty"`

	// +optional
	Separator *string `json:"separator,omitempty"`

	// +optional
	TargetLabel string `json:"targetLabel,omitempty"`

	// +optional
	Regex string `json:"regex,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	Modulus int64 `json:"modulus,omitempty"`

	// +optional
	Replacement *string `json:"replacement,omitempty"`

	// +optional
	// +kubebuilder:default=replace
	// +kubebuilder:validation:Enum=replace;Replace;keep;Keep;drop;Drop;hashmod;HashMod;labelmap;LabelMap;labeldrop;LabelDrop;labelkeep;LabelKeep;lowercase;Lowercase;uppercase;Uppercase;keepequal;KeepEqual;dropequal;DropEqual
	Action string `json:"action,omitempty"`
}
