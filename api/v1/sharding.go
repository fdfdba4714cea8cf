package v1

// +kubebuilder:validation:XValidation:rule="!has(self.topology) || (has(self.mode) && self.mode == 'Topology')",message="topology can only be defined when mode is set to 'Topology'"
type ShardingStrategy struct {
	// +optional
	Mode *ShardingStrategyMode `json:"mode,omitempty"`

	// +optional
	Topology *TopologyShardingStrategy `json:"topology,omitempty"`
}

// +kubebuilder:validation:Enum=Address;Topology
type ShardingStrategyMode string

const (
	AddressShardingStrategyMode  ShardingStrategyMode = "Address"
	TopologyShardingStrategyMode ShardingStrategyMode = "Topology"
)

type TopologyShardingStrategy struct {
	// +optional
	ExternalLabelName *string `json:"externalLabelName,omitempty"`

	// +optional
	// +listType=atomic
	Values []string `json:"values,omitempty"`
}

type ShardRetentionPolicy struct {
	// +optional
	// +kubebuilder:validation:Enum=Retain;Delete
	WhenScaled *WhenScaledRetentionType `json:"whenScaled,omitempty"`

	// +optional
	Retain *RetainConfig `json:"retain,omitempty"`
}

type WhenScaledRetentionType string

const (
	RetainWhenScaledRetentionType WhenScaledRetentionType = "Retain"
	DeleteWhenScaledRetentionType WhenScaledRetentionType = "Delete"
)

type RetainConfig struct {
	// +required
	RetentionPeriod Duration `json:"retentionPeriod"`
}
