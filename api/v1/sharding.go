package v1

// ShardingStrategy says how targets are spread over shards.
//
// +kubebuilder:validation:XValidation:rule="!has(self.topology) || (has(self.mode) && self.mode == 'Topology')",message="topology needs the mode 'Topology'"
type ShardingStrategy struct {
	// By the hash of the target's address, or by its zone. `Address` when unset.
	// +optional
	Mode *ShardingStrategyMode `json:"mode,omitempty"`

	// Zones. Goes with the mode `Topology`.
	// +optional
	Topology *TopologyShardingStrategy `json:"topology,omitempty"`
}

// ShardingStrategyMode says what targets are spread by.
//
// +kubebuilder:validation:Enum=Address;Topology
type ShardingStrategyMode string

const (
	// The hash of the target's address.
	AddressShardingStrategyMode ShardingStrategyMode = "Address"
	// The zone of the target. Behind the feature gate PrometheusTopologySharding, on by default.
	TopologyShardingStrategyMode ShardingStrategyMode = "Topology"
)

// TopologyShardingStrategy holds shards by zone.
type TopologyShardingStrategy struct {
	// External label that holds the zone. `zone` when unset, none when empty.
	// +optional
	ExternalLabelName *string `json:"externalLabelName,omitempty"`

	// Zones. There must be at least as many shards.
	// +optional
	// +listType=atomic
	Values []string `json:"values,omitempty"`
}

// ShardRetentionPolicy says what becomes of a shard that is no longer wanted.
type ShardRetentionPolicy struct {
	// `Delete` removes its pods, which is the default; `Retain` keeps them, so that their data can be queried.
	// +optional
	// +kubebuilder:validation:Enum=Retain;Delete
	WhenScaled *WhenScaledRetentionType `json:"whenScaled,omitempty"`

	// How long they are kept. When unset, as long as their data; for good where retention is by size alone.
	// +optional
	Retain *RetainConfig `json:"retain,omitempty"`
}

// WhenScaledRetentionType says what becomes of the pods of a shard that is no longer wanted.
type WhenScaledRetentionType string

const (
	RetainWhenScaledRetentionType WhenScaledRetentionType = "Retain"
	DeleteWhenScaledRetentionType WhenScaledRetentionType = "Delete"
)

// RetainConfig says how long a shard is kept.
type RetainConfig struct {
	// Time after which the shard is removed.
	// +required
	RetentionPeriod Duration `json:"retentionPeriod"`
}
