package plan

import (
	"maps"
	"slices"

	"github.com/promloop/promloop/internal/world"
)

// assetShardLimit is the largest sum of keys and values in one TLS asset Secret, in bytes: 1 MiB less room for what the API server
// adds. Source: the limit on Secret data in Kubernetes' core validation.
const assetShardLimit = 1<<20 - 50_000

func assetNames(assets map[string]world.Value) []string {
	return slices.Sorted(maps.Keys(assets))
}

// assetShards spreads the TLS assets over Secrets, in order of names. All shards are mounted into one directory, so it does not
// matter which one holds a file. The first Secret exists even when empty, as upstream's does.
func assetShards(w *world.World, assets map[string]world.Value) []Object {
	shard, size := secret(w, world.AssetShardName(w.Prometheus.Name, 0)), 0
	shard.Data = map[string][]byte{}
	out := []Object{shard}
	for _, name := range assetNames(assets) {
		content := assets[name].Reveal()
		if size+len(name)+len(content) > assetShardLimit && size > 0 {
			shard, size = secret(w, world.AssetShardName(w.Prometheus.Name, len(out))), 0
			shard.Data = map[string][]byte{}
			out = append(out, shard)
		}
		shard.Data[name] = content
		size += len(name) + len(content)
	}
	return out
}
