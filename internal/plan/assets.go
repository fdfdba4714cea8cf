package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// assetShardLimit is the largest sum of keys and values in one TLS asset Secret, in bytes: 1 MiB less room for what the API server
// adds. Source: the limit on Secret data in Kubernetes' core validation.
const assetShardLimit = 1<<20 - 50_000

func assetNames(assets map[string]world.Value) []string {
	return slices.Sorted(maps.Keys(assets))
}

// assetShard is one Secret of TLS assets while they are being placed.
type assetShard struct {
	index int
	data  map[string][]byte
	size  int
	left  bool // a file is moving away from it
}

func (s *assetShard) fits(name string, content []byte) bool {
	return s.size+len(name)+len(content) <= assetShardLimit
}

func (s *assetShard) put(name string, content []byte) {
	s.data[name] = content
	s.size += len(name) + len(content)
}

// assetShards spreads the TLS assets over Secrets. All are mounted into one directory, so it does not matter which one holds a file;
// a file stays in the one that it is in, so that it is never missing in between, while it fits there. They are returned in the order in
// which they must be written: a file that moves is in its new place first. The first Secret exists even when empty, as upstream's
// does. homeless are files for which no Secret has room.
func assetShards(w *world.World, assets map[string]world.Value) (secrets []workload.Object, homeless []string) {
	shards := make([]*assetShard, workload.AssetShards(w))
	for i := range shards {
		shards[i] = &assetShard{index: i, data: map[string][]byte{}}
	}
	standing := standingAssets(w, len(shards))
	for _, name := range placementOrder(assets, standing) {
		content := assets[name].Reveal()
		at, stands := standing[name]
		if stands && shards[at.index].fits(name, content) {
			shards[at.index].put(name, content)
			continue
		}
		if stands {
			shards[at.index].left = true
		}
		room := slices.IndexFunc(shards, func(s *assetShard) bool { return s.fits(name, content) })
		if room < 0 {
			homeless = append(homeless, name)
			continue
		}
		shards[room].put(name, content)
	}
	slices.SortStableFunc(shards, func(a, b *assetShard) int { return cmp.Compare(leaving(a), leaving(b)) })
	for _, shard := range shards {
		if shard.index == 0 || len(shard.data) > 0 {
			s := secret(w, world.AssetShardName(w.Prometheus.Name, shard.index))
			s.Data = shard.data
			secrets = append(secrets, s)
		}
	}
	return secrets, homeless
}

func leaving(s *assetShard) int {
	if s.left {
		return 1
	}
	return 0
}

// placedAsset is a file as it stands in the cluster.
type placedAsset struct {
	index   int
	content []byte
}

func standingAssets(w *world.World, shards int) map[string]placedAsset {
	out := map[string]placedAsset{}
	for i := range shards {
		for _, s := range w.Owned.Secrets {
			if s.Name != world.AssetShardName(w.Prometheus.Name, i) {
				continue
			}
			for name, content := range s.Data {
				if _, twice := out[name]; !twice {
					out[name] = placedAsset{index: i, content: content}
				}
			}
		}
	}
	return out
}

// placementOrder puts files first that stand as they should be, then those that change, then new ones.
func placementOrder(assets map[string]world.Value, standing map[string]placedAsset) []string {
	rank := func(name string) int {
		at, stands := standing[name]
		switch {
		case stands && len(at.content) >= len(assets[name].Reveal()):
			return 0
		case stands:
			return 1
		}
		return 2
	}
	return slices.SortedFunc(maps.Keys(assets), func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
}

// neededAssets are the files that the configuration names, and those that still stand and may be read: Prometheus opens them with
// every connection, so what it runs until it has loaded the new configuration needs them as before.
func neededAssets(w *world.World, config promconfig.Result, m contract.Manifest) map[string]world.Value {
	needed := maps.Clone(config.Assets)
	standing := standingAssets(w, workload.AssetShards(w))
	keep := lastAssets(w)
	if !runsEverywhere(w, m) {
		keep = slices.Collect(maps.Keys(standing))
	}
	for _, name := range keep {
		if at, stands := standing[name]; stands && needed[name].Reveal() == nil {
			needed[name] = world.NewValue(at.content)
		}
	}
	return needed
}

func runsEverywhere(w *world.World, m contract.Manifest) bool {
	return !slices.ContainsFunc(w.Pods, func(pod *corev1.Pod) bool {
		report := w.Reports[pod.Name].Config
		return report == nil || report.Loaded != m.Digest
	})
}

func noRoomForAssets(w *world.World, homeless []string) world.Verdict {
	if len(homeless) == 0 {
		return world.Verdict{}
	}
	return world.Verdict{Reason: promconfig.NoRoom, Message: fmt.Sprintf("the %d Secrets of TLS assets that the pods mount have no room for %d files, "+
		"the first of them %s: what is loaded stays until they are there; shorten certificates, or raise --asset-shards",
		workload.AssetShards(w), len(homeless), homeless[0])}
}
