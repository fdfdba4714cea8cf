package v1alpha1

// +kubebuilder:validation:Pattern=`^https?://.+$`
type URL string

// +kubebuilder:validation:MinLength=1
type Target string

// +kubebuilder:validation:Pattern="^[^*]*(\\*[^/]*)?\\.(json|yml|yaml|JSON|YML|YAML)$"
type SDFile string

type Filter struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	Values []string `json:"values"`
}

// +listType=map
// +listMapKey=name
type Filters []Filter
