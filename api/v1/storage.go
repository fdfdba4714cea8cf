package v1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type StorageSpec struct {
	// +optional
	DisableMountSubPath bool `json:"disableMountSubPath,omitempty"`

	// +optional
	EmptyDir *corev1.EmptyDirVolumeSource `json:"emptyDir,omitempty"`

	// +optional
	Ephemeral *corev1.EphemeralVolumeSource `json:"ephemeral,omitempty"`

	// +optional
	VolumeClaimTemplate EmbeddedPersistentVolumeClaim `json:"volumeClaimTemplate,omitempty"`
}

type EmbeddedPersistentVolumeClaim struct {
	metav1.TypeMeta `json:",inline"`

	// +optional
	EmbeddedObjectMetadata `json:"metadata,omitempty"`

	// +optional
	Spec corev1.PersistentVolumeClaimSpec `json:"spec,omitempty"`

	// +optional
	Status corev1.PersistentVolumeClaimStatus `json:"status,omitempty"`
}
