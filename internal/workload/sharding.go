package workload

import (
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// zone is the zone that a shard is bound to and its number within that zone, or "" where shards are not bound to zones.
func (b *builder) zone(shard int) (zone string, inZone int) {
	strategy := b.spec.ShardingStrategy
	if strategy == nil || strategy.Topology == nil || len(strategy.Topology.Values) == 0 ||
		ptr.Deref(strategy.Mode, v1.AddressShardingStrategyMode) != v1.TopologyShardingStrategyMode {
		return "", 0
	}
	if !b.options.Enabled(world.TopologyShardingGate) {
		b.ignore("spec.shardingStrategy.topology", "the feature gate "+world.TopologyShardingGate+" is off")
		return "", 0
	}
	zones := strategy.Topology.Values
	return zones[shard%len(zones)], shard / len(zones)
}
