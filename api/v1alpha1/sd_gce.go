package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// GCESDConfig discovers targets from Google Compute Engine, by their private address unless relabeling
// takes the public one. Credentials are read from the file that GOOGLE_APPLICATION_CREDENTIALS names: mount
// it by `secrets` of the Prometheus and set the variable in `containers`.
type GCESDConfig struct {
	// Project to look in.
	// +required
	// +kubebuilder:validation:MinLength=1
	Project string `json:"project"`

	// Zone to look in. For several zones use several entries.
	// +required
	// +kubebuilder:validation:MinLength=1
	Zone string `json:"zone"`

	// Filter of the instance list, in Google's syntax.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Filter *string `json:"filter,omitempty"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Port of the targets. With the public address, relabeling must set it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// Text between tags in the label that holds them. When unset, Prometheus has its own default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`
}
