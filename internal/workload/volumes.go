package workload

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// volumes are the operator's, then the user's.
func (b *builder) volumes() []corev1.Volume {
	own := slices.Concat(
		[]corev1.Volume{b.configVolume(), b.assetsVolume(), configOut(), b.rulesVolume(), b.webVolume()},
		b.lastGoodVolumes(), b.databaseVolume(), b.referencedVolumes(), b.logVolumes(), b.thanosVolumes(),
	)
	names := map[string]bool{}
	for _, volume := range own {
		names[volume.Name] = true
	}
	for _, claim := range b.claimTemplates() {
		names[claim.Name] = true
	}
	for i, volume := range b.spec.Volumes {
		if names[volume.Name] {
			b.refuse(field.Duplicate(field.NewPath("spec", "volumes").Index(i).Child("name"), volume.Name))
		}
		names[volume.Name] = true
	}
	return append(own, b.spec.Volumes...)
}

// configVolume brings all parts of a configuration, its manifest and the release into the pod in one atomic swap.
func (b *builder) configVolume() corev1.Volume {
	if b.options.ForeignReloaders {
		return corev1.Volume{Name: configVolume, VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: world.WorkloadName(b.name)},
		}}
	}
	var sources []corev1.VolumeProjection
	for part := range ConfigParts(b.world) {
		sources = append(sources, optionalSecret(world.ConfigPartName(b.name, part)))
	}
	sources = append(sources, optionalSecret(world.ConfigManifestName(b.name)), release())
	return projected(configVolume, sources)
}

func (b *builder) assetsVolume() corev1.Volume {
	var sources []corev1.VolumeProjection
	for shard := range AssetShards(b.world) {
		sources = append(sources, optionalSecret(world.AssetShardName(b.name, shard)))
	}
	return projected(assetsVolume, sources)
}

// lastGoodVolumes are for the init container alone, so that what is written there wakes no reloader.
func (b *builder) lastGoodVolumes() []corev1.Volume {
	if b.options.ForeignReloaders {
		return nil
	}
	var sources []corev1.VolumeProjection
	for part := range ConfigParts(b.world) {
		sources = append(sources, optionalSecret(world.LastKnownGoodName(b.name, part)))
	}
	return []corev1.Volume{projected(lastGoodVolume, sources)}
}

// configOut is in memory: what lies there holds credentials.
func configOut() corev1.Volume {
	return corev1.Volume{Name: configOutVolume, VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory},
	}}
}

// rulesVolume is one volume for all rule ConfigMaps there may ever be, so that no rule changes the pod.
func (b *builder) rulesVolume() corev1.Volume {
	var sources []corev1.VolumeProjection
	for shard := range RuleShards(b.world) {
		sources = append(sources, optionalConfigMap(world.RuleShardName(b.name, shard)))
	}
	if !b.options.ForeignReloaders {
		sources = append(sources, optionalConfigMap(world.RulesManifestName(b.name)), release())
	}
	return projected(b.rulesVolumeName(), sources)
}

func (b *builder) rulesVolumeName() string { return world.RuleShardName(b.name, 0) }

// rulesPath is where the rule ConfigMaps are mounted.
func (b *builder) rulesPath() string { return path.Join(rulesDir, b.rulesVolumeName()) }

func (b *builder) rulesMount() corev1.VolumeMount {
	return corev1.VolumeMount{Name: b.rulesVolumeName(), MountPath: b.rulesPath(), ReadOnly: true}
}

func configMounts() []corev1.VolumeMount {
	return append([]corev1.VolumeMount{
		{Name: configVolume, MountPath: configDir, ReadOnly: true},
		{Name: assetsVolume, MountPath: certsDir, ReadOnly: true},
	}, configOutMount(false)...)
}

func configOutMount(readOnly bool) []corev1.VolumeMount {
	return []corev1.VolumeMount{{Name: configOutVolume, MountPath: configOutDir, ReadOnly: readOnly}}
}

func (b *builder) prometheusMounts() []corev1.VolumeMount {
	mounts := slices.Concat(configOutMount(true), []corev1.VolumeMount{
		{Name: assetsVolume, MountPath: certsDir, ReadOnly: true},
		{Name: b.databaseName(), MountPath: storageDir, SubPath: b.databaseSubPath()},
		b.rulesMount(),
		{Name: webVolume, MountPath: webDir, ReadOnly: true},
	}, b.referencedMounts(), b.logMounts())
	return append(mounts, b.spec.VolumeMounts...)
}

func projected(name string, sources []corev1.VolumeProjection) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		Projected: &corev1.ProjectedVolumeSource{Sources: sources},
	}}
}

func optionalSecret(name string) corev1.VolumeProjection {
	return corev1.VolumeProjection{Secret: &corev1.SecretProjection{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: new(true),
	}}
}

func optionalConfigMap(name string) corev1.VolumeProjection {
	return corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: new(true),
	}}
}

// release brings the pod's release annotation into the volume, in the same swap as what it releases.
func release() corev1.VolumeProjection {
	return corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
		Path:     releaseFile,
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['" + contract.ReleaseAnnotation + "']"},
	}}}}
}
