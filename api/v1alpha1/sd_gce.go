package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

type GCESDConfig struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Project string `json:"project"`

	// +required
	// +kubebuilder:validation:MinLength=1
	Zone string `json:"zone"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	Filter *string `json:"filter,omitempty"`

	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	TagSeparator *string `json:"tagSeparator,omitempty"`
}
