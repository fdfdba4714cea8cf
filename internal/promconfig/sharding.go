package promconfig

import (
	"strconv"
	"strings"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Labels that the steps of sharding pass on. A user sets hashLabel to choose what is hashed, and disableLabel to have a target in
// every shard. Source: upstream's API documentation of spec.shards.
const (
	hashLabel     = "__tmp_hash"
	disableLabel  = "__tmp_disable_sharding"
	shardLabel    = "__tmp_current_shard"
	topologyLabel = "__tmp_topology"
)

// sharding is how targets are spread over the shards of a Prometheus.
type sharding struct {
	shards int64
	zones  int64 // 0: not bound to zones
	// active lists the shards that scrape, for those that were scaled away and are kept.
	active string
}

func shardingOf(w *world.World) sharding {
	s := sharding{shards: int64(world.Shards(w.Prometheus))}
	if w.Options.Enabled(world.TopologyShardingGate) {
		s.zones = int64(len(zonesOf(&w.Prometheus.Spec)))
	}
	if w.Options.Enabled(world.ShardRetentionGate) {
		numbers := make([]string, s.shards)
		for i := range numbers {
			numbers[i] = strconv.Itoa(i)
		}
		s.active = strings.Join(numbers, "|")
	}
	return s
}

// zonesOf are the zones that shards are bound to; nil where sharding is by address.
func zonesOf(spec *v1.PrometheusSpec) []string {
	strategy := spec.ShardingStrategy
	if strategy == nil || strategy.Mode == nil || *strategy.Mode != v1.TopologyShardingStrategyMode || strategy.Topology == nil {
		return nil
	}
	return strategy.Topology.Values
}

// steps keep the targets of the shard that reads the configuration. What is hashed is label, unless the user has set hashLabel.
func (s sharding) steps(label v1.LabelName) relabelings {
	first, current := "$1", "$(SHARD)"
	var out relabelings
	if s.active != "" {
		out = append(out, relabeling{TargetLabel: shardLabel, Replacement: &current, Action: "replace"})
		out.keep(s.active, shardLabel)
	}
	modulus, own := s.shards, current
	if s.zones > 0 {
		modulus, own = max(s.shards/s.zones, 1), "$(INZONE_SHARD)"
		out = append(out, s.zoneSteps(first)...)
	}
	out = append(out,
		relabeling{SourceLabels: []v1.LabelName{label, hashLabel}, TargetLabel: hashLabel, Regex: "(.+);", Replacement: &first, Action: "replace"},
		relabeling{SourceLabels: []v1.LabelName{hashLabel}, TargetLabel: hashLabel, Modulus: modulus, Action: "hashmod"})
	out.keep(own+";|.+;.+", hashLabel, disableLabel)
	return out
}

// zoneSteps keep the targets of the shard's zone: that of the endpoint slice, else that of the node.
func (s sharding) zoneSteps(first string) relabelings {
	zone := func(regex string, labels ...v1.LabelName) relabeling {
		return relabeling{SourceLabels: labels, TargetLabel: topologyLabel, Regex: regex, Replacement: &first, Action: "replace"}
	}
	out := relabelings{
		zone("(.+);", "__meta_kubernetes_endpointslice_endpoint_zone", topologyLabel),
		zone("(.+);true;", "__meta_kubernetes_node_label_topology_kubernetes_io_zone",
			"__meta_kubernetes_node_labelpresent_topology_kubernetes_io_zone", topologyLabel),
	}
	out.keep("$(TOPOLOGY_ZONE);|.+;.+", topologyLabel, disableLabel)
	return out
}
