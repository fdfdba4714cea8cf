package v1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StorageSpec says where data is stored. Of several kinds the first in this order is taken: `emptyDir`,
// `ephemeral`, `volumeClaimTemplate`.
type StorageSpec struct {
	// Whether the root of the volume is mounted rather than a folder in it.
	//
	// Deprecated: kept for volumes made that way.
	// +optional
	DisableMountSubPath bool `json:"disableMountSubPath,omitempty"`

	// A volume that lives as long as the pod.
	// +optional
	EmptyDir *corev1.EmptyDirVolumeSource `json:"emptyDir,omitempty"`

	// A volume claim that lives as long as the pod.
	// +optional
	Ephemeral *corev1.EphemeralVolumeSource `json:"ephemeral,omitempty"`

	// A volume claim per pod that outlives it.
	// +optional
	VolumeClaimTemplate EmbeddedPersistentVolumeClaim `json:"volumeClaimTemplate,omitempty"`
}

// EmbeddedPersistentVolumeClaim is the template of a volume claim.
type EmbeddedPersistentVolumeClaim struct {
	metav1.TypeMeta `json:",inline"`

	// Name, labels and annotations of the claim.
	// +optional
	EmbeddedObjectMetadata `json:"metadata,omitempty"`

	// What is claimed.
	// +optional
	Spec corev1.PersistentVolumeClaimSpec `json:"spec,omitempty"`

	// Never set.
	// +optional
	Status corev1.PersistentVolumeClaimStatus `json:"status,omitempty"`
}
