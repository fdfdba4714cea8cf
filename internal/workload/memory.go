package workload

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/promloop/promloop/internal/world"
)

const (
	mebibyte = 1 << 20
	// reloaderBase is what a reloader takes with nothing to load, in bytes.
	reloaderBase = 24 * mebibyte
	// reloaderCopies is how often a reloader holds rules: the generation in use and the next one in config-out, which are charged to
	// it, the previous one compressed, and the one it reads.
	reloaderCopies = 4
	// configCopies is the same for a configuration, whose length is known: the generation in use and the next one in full. The
	// reloader takes one of half its limit, so that no fewer will do.
	configCopies = 2
	// expansion is how much larger a part is than its compressed form, where that does not stand on it.
	expansion = 32
)

// configResources grow with the configuration, in steps, so that few configurations ever change the pod.
func (b *builder) configResources() corev1.ResourceRequirements {
	return withMemory(b.options.ReloaderResources, b.configMemory())
}

// rulesResources have room for as many rules as the pod can mount, so that no rule changes the pod.
func (b *builder) rulesResources() corev1.ResourceRequirements {
	return withMemory(b.options.ReloaderResources, b.rulesMemory())
}

// initResources are for both sets at once.
func (b *builder) initResources() corev1.ResourceRequirements {
	return withMemory(b.options.ReloaderResources, b.configMemory()+b.rulesMemory())
}

func (b *builder) rulesMemory() int64 {
	return reloaderBase + int64(RuleShards(b.world))*mebibyte*reloaderCopies
}

// configMemory is what the published configuration needs: the floor, or else a power of two, and never less than a StatefulSet
// that stands has. A configuration that shrinks is no reason to restart.
func (b *builder) configMemory() int64 {
	need := reloaderBase + b.publishedSize()*configCopies
	memory := b.standingMemory()
	if memory >= need {
		return memory
	}
	for memory = mebibyte; memory < need; {
		memory *= 2
	}
	return memory
}

// publishedSize is the size of the configuration as it stands in the cluster, packed and unpacked, in bytes.
func (b *builder) publishedSize() int64 {
	parts := map[string]bool{}
	for n := range ConfigParts(b.world) {
		parts[world.ConfigPartName(b.name, n)] = true
	}
	secrets := b.world.Owned.Secrets
	if first := b.world.Owned.ConfigSecret; first != nil {
		secrets = append([]*corev1.Secret{first}, secrets...)
	}
	size := int64(0)
	for _, secret := range secrets {
		if parts[secret.Name] {
			size += partSize(secret)
		}
	}
	return size
}

func partSize(secret *corev1.Secret) int64 {
	packed := int64(0)
	for _, data := range secret.Data {
		packed += int64(len(data))
	}
	unpacked, err := strconv.ParseUint(secret.Annotations[world.UnpackedAnnotation], 10, 32)
	if err != nil {
		return packed + packed*expansion
	}
	return packed + int64(unpacked)
}

// standingMemory is the floor, or the limit of the config-reloaders that stand where it was raised above the same floor, in bytes.
func (b *builder) standingMemory() int64 {
	floor := b.options.ReloaderResources
	most := floor.Limits.Memory().Value()
	for _, sts := range b.world.Owned.StatefulSets {
		for _, c := range sts.Spec.Template.Spec.Containers {
			if c.Name == configReloader && c.Resources.Requests.Memory().Equal(*floor.Requests.Memory()) {
				most = max(most, c.Resources.Limits.Memory().Value())
			}
		}
	}
	return most
}

// withMemory raises the memory limit to need, in bytes, where there is a limit. What the pod asks of its node stays.
func withMemory(floor corev1.ResourceRequirements, need int64) corev1.ResourceRequirements {
	resources := *floor.DeepCopy()
	limit, limited := resources.Limits[corev1.ResourceMemory]
	if limited && limit.Value() < need {
		resources.Limits[corev1.ResourceMemory] = *resource.NewQuantity(need, resource.BinarySI)
	}
	return resources
}
