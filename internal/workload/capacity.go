package workload

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/promloop/promloop/internal/world"
)

// The number of objects that a pod mounts is fixed when the pod is made: another number would restart it. So what a StatefulSet
// mounts is never taken away, and at the adoption of another operator's pods there is room for all that it had written.

// RuleShards is the number of rule ConfigMaps that the pods of w mount: that of the options, or more where more stand.
func RuleShards(w *world.World) int {
	name := func(n int) string { return world.RuleShardName(w.Prometheus.Name, n) }
	n := max(w.Options.RuleShards, mounted(w, name(0), name))
	for _, cm := range w.Owned.RuleShards {
		n = max(n, position(cm.Name, name(0))+1)
	}
	return n
}

// ConfigParts is the number of Secrets, the first included, that a configuration may spread over. Foreign reloaders read one.
func ConfigParts(w *world.World) int {
	if w.Options.ForeignReloaders {
		return 1
	}
	name := func(n int) string { return world.ConfigPartName(w.Prometheus.Name, n) }
	return max(1, w.Options.ConfigParts, mounted(w, configVolume, name))
}

// AssetShards is the number of TLS asset Secrets that the pods of w mount.
func AssetShards(w *world.World) int {
	name := func(n int) string { return world.AssetShardName(w.Prometheus.Name, n) }
	n := max(1, w.Options.AssetShards, mounted(w, assetsVolume, name))
	for _, secret := range w.Owned.Secrets {
		n = max(n, position(secret.Name, name(0))+1)
	}
	return n
}

// position is the number at the end of the name of an object of the same series as first, whose own ends in 0; -1 for others.
func position(name, first string) int {
	number, found := strings.CutPrefix(name, strings.TrimSuffix(first, "0"))
	n, err := strconv.Atoi(number)
	if !found || err != nil || n < 0 {
		return -1
	}
	return n
}

// mounted is how many objects of a series the StatefulSets that stand project into a volume.
func mounted(w *world.World, volume string, name func(int) string) int {
	most := 0
	for _, sts := range w.Owned.StatefulSets {
		sources := projections(sts, volume)
		n := 0
		for sources[name(n)] {
			n++
		}
		most = max(most, n)
	}
	return most
}

// projections are the names of the Secrets and ConfigMaps that a volume projects.
func projections(sts *appsv1.StatefulSet, volume string) map[string]bool {
	names := map[string]bool{}
	for _, v := range sts.Spec.Template.Spec.Volumes {
		if v.Name != volume || v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				names[source.Secret.Name] = true
			}
			if source.ConfigMap != nil {
				names[source.ConfigMap.Name] = true
			}
		}
	}
	return names
}
