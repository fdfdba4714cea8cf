package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"
)

// referencedVolumes are the Secrets and ConfigMaps that the user wants in the pod.
func (b *builder) referencedVolumes() []corev1.Volume {
	var volumes []corev1.Volume
	for _, name := range b.spec.Secrets {
		volumes = append(volumes, corev1.Volume{Name: volumeName("secret", name), VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: name},
		}})
	}
	for _, name := range b.spec.ConfigMaps {
		volumes = append(volumes, corev1.Volume{Name: volumeName("configmap", name), VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}},
		}})
	}
	return volumes
}

func (b *builder) referencedMounts() []corev1.VolumeMount {
	var mounts []corev1.VolumeMount
	for _, name := range b.spec.Secrets {
		mounts = append(mounts, corev1.VolumeMount{
			Name: volumeName("secret", name), MountPath: path.Join(secretsDir, name), ReadOnly: true,
		})
	}
	for _, name := range b.spec.ConfigMaps {
		mounts = append(mounts, corev1.VolumeMount{
			Name: volumeName("configmap", name), MountPath: path.Join(configMapsDir, name), ReadOnly: true,
		})
	}
	return mounts
}

var notInLabel = regexp.MustCompile("[^-a-z0-9]+")

// volumeName makes a volume's name, a DNS label, from the name of an object, which may be longer and hold dots. A digest tells
// apart what is cut.
func volumeName(prefix, object string) string {
	name := strings.Trim(notInLabel.ReplaceAllString(strings.ToLower(prefix+"-"+object), "-"), "-")
	if len(name) <= validation.DNS1123LabelMaxLength {
		return name
	}
	digest := sha256.Sum256([]byte(object))
	suffix := "-" + hex.EncodeToString(digest[:4])
	return name[:validation.DNS1123LabelMaxLength-len(suffix)] + suffix
}

// logVolumes give Prometheus a place to write its query and scrape failure logs to, when they are named without a directory.
func (b *builder) logVolumes() []corev1.Volume {
	if !b.writesLogs() {
		return nil
	}
	return []corev1.Volume{{Name: logVolume, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
}

func (b *builder) logMounts() []corev1.VolumeMount {
	if !b.writesLogs() {
		return nil
	}
	return []corev1.VolumeMount{{Name: logVolume, MountPath: logDir}}
}

func (b *builder) writesLogs() bool {
	return isBareName(b.spec.QueryLogFile) || isBareName(ptr.Deref(b.spec.ScrapeFailureLogFile, ""))
}

func isBareName(file string) bool { return file != "" && filepath.Dir(file) == "." }
