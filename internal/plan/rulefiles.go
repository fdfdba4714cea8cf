package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// ruleObjects are the ConfigMaps of the rule files and of their manifest.
type ruleObjects struct {
	manifest          contract.Manifest
	shards            []workload.Object
	manifestConfigMap *corev1.ConfigMap // nil when there is nothing to write
	kept              []workload.Object // to stay as they are
}

func ruleFiles(w *world.World, rp rules.Plan) ruleObjects {
	if len(rp.Shards) == 0 {
		return publishedRules(w, rp)
	}
	out := ruleObjects{manifest: rp.Manifest, manifestConfigMap: configMap(w, world.RulesManifestName(w.Prometheus.Name))}
	out.manifestConfigMap.Data = map[string]string{contract.ManifestKey: string(encode(rp.Manifest))}
	for _, shard := range rp.Shards {
		cm := configMap(w, world.RuleShardName(w.Prometheus.Name, shard.Index))
		cm.Data = shard.Files
		out.shards = append(out.shards, cm)
	}
	return out
}

// publishedRules keeps every rule as it is.
func publishedRules(w *world.World, rp rules.Plan) ruleObjects {
	out := ruleObjects{manifest: rp.Manifest}
	for _, cm := range w.Owned.RuleShards {
		out.kept = append(out.kept, cm)
	}
	if cm := w.Owned.RulesManifest; cm != nil {
		out.kept = append(out.kept, cm)
	}
	return out
}
