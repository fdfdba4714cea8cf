package v1alpha1

// URL is an http or https URL.
//
// +kubebuilder:validation:Pattern=`^https?://.+$`
type URL string

// Target is the host and port of a target.
//
// +kubebuilder:validation:MinLength=1
type Target string

// SDFile is the path of a file with targets, a JSON or YAML file; `*` may stand in its name.
//
// +kubebuilder:validation:Pattern="^[^*]*(\\*[^/]*)?\\.(json|yml|yaml|JSON|YML|YAML)$"
type SDFile string

// Filter is one filter of a discovery: a resource is kept when it has one of the values.
type Filter struct {
	// Name of the filter.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Values that pass.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	Values []string `json:"values"`
}

// Filters holds filters of a discovery; all of them must pass.
//
// +listType=map
// +listMapKey=name
type Filters []Filter
