package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PrometheusStatus is what the operator last saw of a Prometheus.
type PrometheusStatus struct {
	// `metadata.generation` that this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Whether the operator leaves everything but deletion alone, as `spec.paused` asks.
	// +optional
	Paused bool `json:"paused"`

	// Pods that exist, over all shards that `spec.shards` asks for.
	// +optional
	Replicas int32 `json:"replicas"`

	// Pods that run the present pod template.
	// +optional
	UpdatedReplicas int32 `json:"updatedReplicas"`

	// Pods that have been ready for at least `spec.minReadySeconds`.
	// +optional
	AvailableReplicas int32 `json:"availableReplicas"`

	// Pods that are missing or not ready.
	// +optional
	UnavailableReplicas int32 `json:"unavailableReplicas"`

	// State of the Prometheus: Available, Reconciled, Loaded, Ready, Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []Condition `json:"conditions,omitempty"`

	// Pods counted per shard that `spec.shards` asks for.
	// +optional
	// +listType=map
	// +listMapKey=shardID
	ShardStatuses []ShardStatus `json:"shardStatuses,omitempty"`

	// Number of shards that are to run; what the scale subresource reads.
	// +optional
	Shards int32 `json:"shards,omitempty"`

	// Label selector of the pods of all shards; what the scale subresource reads.
	// +optional
	Selector string `json:"selector,omitempty"`

	// Configuration that was published for the pods to load.
	// +optional
	Configuration *PublishedSet `json:"configuration,omitempty"`

	// Rule files that were published for the pods to load.
	// +optional
	Rules *PublishedSet `json:"rules,omitempty"`

	// Fill of each Secret that holds a part of the configuration.
	// +optional
	// +listType=map
	// +listMapKey=index
	ConfigurationParts []ShardFill `json:"configurationParts,omitempty"`

	// Fill of each ConfigMap that holds rule files.
	// +optional
	// +listType=map
	// +listMapKey=index
	RuleShards []ShardFill `json:"ruleShards,omitempty"`

	// What each pod has loaded.
	// +optional
	// +listType=map
	// +listMapKey=name
	Pods []PrometheusPodStatus `json:"pods,omitempty"`
}

// PublishedSet names a configuration or a set of rule files by its digest.
type PublishedSet struct {
	// Digest of the set, 64 hexadecimal digits.
	// +required
	Digest string `json:"digest"`

	// Size as stored, in bytes; compressed where the set is stored compressed.
	// +optional
	Bytes int64 `json:"bytes,omitempty"`

	// Number of scrape jobs in a configuration, or of groups in rule files.
	// +optional
	Count int32 `json:"count,omitempty"`
}

// ShardFill says how full one Secret or ConfigMap of a series is.
type ShardFill struct {
	// Number of the Secret or ConfigMap in its series, from 0.
	// +required
	Index int32 `json:"index"`

	// Bytes of data in it.
	// +required
	Bytes int64 `json:"bytes"`
}

// PrometheusPodStatus is what the sidecars of one pod reported. A set that is absent is unknown.
type PrometheusPodStatus struct {
	// Name of the pod.
	// +required
	Name string `json:"name"`

	// Configuration that Prometheus in this pod was seen to run.
	// +optional
	LoadedConfiguration *LoadedSet `json:"loadedConfiguration,omitempty"`

	// Rule files that Prometheus in this pod was seen to run.
	// +optional
	LoadedRules *LoadedSet `json:"loadedRules,omitempty"`

	// Why the pod does not run what was published, as one CamelCase word; empty when it does.
	// +optional
	Reason string `json:"reason,omitempty"`

	// The same in words; for a refusal the words of Prometheus itself.
	// +optional
	Message string `json:"message,omitempty"`
}

// LoadedSet is a set that a pod runs, and since when.
type LoadedSet struct {
	// Digest of the set, 64 hexadecimal digits.
	// +required
	Digest string `json:"digest"`

	// Time at which Prometheus loaded it.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}

// ShardStatus holds the pods of one shard, counted.
type ShardStatus struct {
	// Number of the shard.
	// +required
	ShardID string `json:"shardID"`

	// Pods that exist.
	// +required
	Replicas int32 `json:"replicas"`

	// Pods that run the present pod template.
	// +required
	UpdatedReplicas int32 `json:"updatedReplicas"`

	// Pods that have been ready for at least `spec.minReadySeconds`.
	// +required
	AvailableReplicas int32 `json:"availableReplicas"`

	// Pods that are missing or not ready.
	// +required
	UnavailableReplicas int32 `json:"unavailableReplicas"`
}

// Is reports whether a condition has a value; one that is missing is Unknown.
func (s PrometheusStatus) Is(t ConditionType, value ConditionStatus) bool {
	for _, c := range s.Conditions {
		if c.Type == t {
			return c.Status == value
		}
	}
	return value == ConditionUnknown
}
