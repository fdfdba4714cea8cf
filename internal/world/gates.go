package world

// Upstream's feature gates that bear on what a Prometheus becomes.
const (
	// TopologyShardingGate lets spec.shardingStrategy bind shards to zones.
	TopologyShardingGate = "PrometheusTopologySharding"
	// ShardRetentionGate lets spec.shardRetentionPolicy keep shards that were scaled away.
	ShardRetentionGate = "PrometheusShardRetentionPolicy"
)

// FeatureGates are upstream's gates, and whether each is on where nobody says otherwise. Those without a constant above are for
// what promloop does not manage, or does anyway.
// Source: the defaults of prometheus-operator v0.93.1.
func FeatureGates() map[string]bool {
	return map[string]bool{
		TopologyShardingGate:                  true,
		ShardRetentionGate:                    true,
		"PrometheusAgentDaemonSet":            false,
		"RemoteWriteCustomResourceDefinition": false,
		"StatusForConfigurationResources":     false,
	}
}

// Enabled reports whether a feature gate is on.
func (o *Options) Enabled(gate string) bool {
	if on, said := o.FeatureGates[gate]; said {
		return on
	}
	return FeatureGates()[gate]
}
