package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// inOrder lists all that must exist, so ordered that an interruption after any write leaves every pod with a complete set,
// the old or the new:
//  1. what a configuration needs (TLS assets, web configuration), and the rule shards in the order that their plan asks for;
//  2. the configuration, in all its parts;
//  3. the manifests, which make 1 and 2 a set;
//  4. the Services and StatefulSets, whose new pods then find a complete set;
//  5. what new pods fall back to, which is about sets that were written before.
func inOrder(w *world.World, config configurationObjects, ruleFiles ruleObjects, objects workload.Objects, lastGood []*corev1.Secret) []workload.Object {
	writes := slices.Clone(config.assets)
	for _, s := range objects.Secrets {
		writes = append(writes, s)
	}
	writes = append(writes, ruleFiles.shards...)
	writes = append(writes, config.parts...)
	if config.manifestSecret != nil {
		writes = append(writes, config.manifestSecret)
	}
	if ruleFiles.manifestConfigMap != nil {
		writes = append(writes, ruleFiles.manifestConfigMap)
	}
	for _, sts := range objects.StatefulSets {
		writes = append(writes, sts)
	}
	for _, svc := range objects.Services {
		writes = append(writes, svc)
	}
	for _, s := range lastGood {
		writes = append(writes, s)
	}
	for _, o := range writes {
		if svc, shared := o.(*corev1.Service); shared {
			sharedBy(w.Prometheus, svc, ownersOf(svc, w.Owned.Services))
			continue
		}
		ownedBy(w.Prometheus, o)
	}
	return writes
}
