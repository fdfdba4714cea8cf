package workload

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// StorageClass is the name of the storage class that p claims its volumes of, "" where it names none.
func StorageClass(p *v1.Prometheus) string {
	storage := p.Spec.Storage
	if storage == nil || storage.EmptyDir != nil || storage.Ephemeral != nil {
		return ""
	}
	return ptr.Deref(storage.VolumeClaimTemplate.Spec.StorageClassName, "")
}

// databaseName is the name of the volume or volume claim that holds the time series.
func (b *builder) databaseName() string {
	name := world.WorkloadName(b.name) + "-db"
	if b.spec.Storage == nil {
		return name
	}
	return firstNotBlank(b.spec.Storage.VolumeClaimTemplate.Name, name)
}

// databaseSubPath keeps the data apart from what a file system has at its root, such as lost+found.
func (b *builder) databaseSubPath() string {
	if b.spec.Storage == nil || b.spec.Storage.DisableMountSubPath {
		return ""
	}
	return "prometheus-db"
}

// databaseVolume is the volume of the time series where it is not claimed: an emptyDir unless the user asks for another.
func (b *builder) databaseVolume() []corev1.Volume {
	volume := corev1.Volume{Name: b.databaseName()}
	switch storage := b.spec.Storage; {
	case storage == nil:
		volume.EmptyDir = &corev1.EmptyDirVolumeSource{}
	case storage.EmptyDir != nil:
		volume.EmptyDir = storage.EmptyDir
	case storage.Ephemeral != nil:
		volume.Ephemeral = storage.Ephemeral
	default:
		return nil
	}
	return []corev1.Volume{volume}
}

// claimTemplates are the volume claims of each pod: one, where the user asks for storage that outlives it. The template's
// status is not taken over: nothing reads it.
func (b *builder) claimTemplates() []corev1.PersistentVolumeClaim {
	storage := b.spec.Storage
	if storage == nil || storage.EmptyDir != nil || storage.Ephemeral != nil {
		return nil
	}
	template := storage.VolumeClaimTemplate
	claim := corev1.PersistentVolumeClaim{
		TypeMeta:   template.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{Name: b.databaseName(), Labels: template.Labels, Annotations: template.Annotations},
		Spec:       *template.Spec.DeepCopy(),
	}
	if claim.Spec.AccessModes == nil {
		claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	}
	return []corev1.PersistentVolumeClaim{claim}
}
