package v1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Prometheus describes a set of Prometheus servers. Each shard becomes a StatefulSet in the object's
// namespace. Selectors choose the ServiceMonitors, PodMonitors, Probes, ScrapeConfigs and PrometheusRules that make up the
// configuration; a change to any of them is reloaded without a restart.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories="prometheus-operator",shortName="prom"
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.shards,statuspath=.status.shards,selectorpath=.status.selector
// +kubebuilder:printcolumn:name="Version",type="string",JSONPath=".spec.version",description="Version of Prometheus"
// +kubebuilder:printcolumn:name="Desired",type="integer",JSONPath=".spec.replicas",description="Replicas wanted per shard"
// +kubebuilder:printcolumn:name="Ready",type="integer",JSONPath=".status.availableReplicas",description="Pods that are ready, over all shards"
// +kubebuilder:printcolumn:name="Reconciled",type="string",JSONPath=".status.conditions[?(@.type == 'Reconciled')].status"
// +kubebuilder:printcolumn:name="Available",type="string",JSONPath=".status.conditions[?(@.type == 'Available')].status"
// +kubebuilder:printcolumn:name="Loaded",type="string",JSONPath=".status.conditions[?(@.type == 'Loaded')].status",description="Whether every replica runs the published configuration and rules"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
// +kubebuilder:printcolumn:name="Paused",type="boolean",JSONPath=".status.paused",description="Whether the operator leaves the object alone",priority=1
type Prometheus struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Servers to run, and what goes into their configuration.
	// +required
	Spec PrometheusSpec `json:"spec"`

	// What runs, written by the operator.
	// +optional
	Status PrometheusStatus `json:"status,omitempty"`
}

// PrometheusList is a list of Prometheus objects.
//
// +kubebuilder:object:root=true
type PrometheusList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Prometheus `json:"items"`
}

// PrometheusSpec says what to run, and what goes into its configuration. A selector that is absent selects
// nothing, an empty one everything; a namespace selector that is absent means the namespace of the
// Prometheus.
type PrometheusSpec struct {
	CommonPrometheusFields `json:",inline"`

	// Image name without a tag.
	//
	// Deprecated: use `image`.
	// +optional
	BaseImage string `json:"baseImage,omitempty"`

	// Tag of `baseImage`.
	//
	// Deprecated: use `image`.
	// +optional
	Tag string `json:"tag,omitempty"`

	// Digest of `baseImage`.
	//
	// Deprecated: use `image`.
	// +optional
	SHA string `json:"sha,omitempty"`

	// How long samples are kept. `24h` when no kind of retention is set.
	// +optional
	Retention Duration `json:"retention,omitempty"`

	// Size of the data above which the oldest blocks are removed.
	// +optional
	RetentionSize ByteSize `json:"retentionSize,omitempty"`

	// The same as a percentage of the volume, from 0 to 100; 0 turns it off. Needs Prometheus 3.11.0.
	// +optional
	RetentionPercentage *resource.Quantity `json:"retentionPercentage,omitempty"`

	// What becomes of a shard that is no longer wanted. Behind the feature gate PrometheusShardRetentionPolicy,
	// on by default.
	// +optional
	ShardRetentionPolicy *ShardRetentionPolicy `json:"shardRetentionPolicy,omitempty"`

	// Whether compaction is turned off. Without it the operator turns compaction off where a Thanos sidecar
	// uploads blocks and can't coordinate with Prometheus, which needs Prometheus 3.9.0 and Thanos 0.42.0.
	// +optional
	DisableCompaction bool `json:"disableCompaction,omitempty"`

	// Parameters of rule evaluation.
	// +optional
	Rules Rules `json:"rules,omitempty"`

	// PrometheusRules that the enforced namespace label is not added to.
	//
	// Deprecated: use `excludedFromEnforcement`.
	// +optional
	PrometheusRulesExcludedFromEnforce []PrometheusRuleExcludeConfig `json:"prometheusRulesExcludedFromEnforce,omitempty"`

	// Labels of the PrometheusRules to load.
	// +optional
	RuleSelector *metav1.LabelSelector `json:"ruleSelector,omitempty"`

	// Labels of the namespaces to look for PrometheusRules in.
	// +optional
	RuleNamespaceSelector *metav1.LabelSelector `json:"ruleNamespaceSelector,omitempty"`

	// Limits of the query engine.
	// +optional
	Query *QuerySpec `json:"query,omitempty"`

	// Alertmanagers that alerts are sent to.
	// +optional
	Alerting *AlertingSpec `json:"alerting,omitempty"`

	// Key of a Secret that holds more steps of alert relabeling, in the form of Prometheus'
	// `alert_relabel_configs`. They come after the operator's own.
	// +optional
	AdditionalAlertRelabelConfigs *corev1.SecretKeySelector `json:"additionalAlertRelabelConfigs,omitempty"`

	// Key of a Secret that holds more Alertmanagers, in the form of Prometheus' `alertmanager_config`. They
	// come after the operator's own.
	// +optional
	AdditionalAlertManagerConfigs *corev1.SecretKeySelector `json:"additionalAlertManagerConfigs,omitempty"`

	// Remote stores to read from.
	// +optional
	RemoteRead []RemoteReadSpec `json:"remoteRead,omitempty"`

	// Thanos sidecar. When unset, there is none.
	// +optional
	Thanos *ThanosSpec `json:"thanos,omitempty"`

	// File that queries are logged to. A bare name lies in an emptyDir at `/var/log/prometheus`; any other path
	// needs a writable volume, or is a stream such as `/dev/stdout`.
	// +optional
	QueryLogFile string `json:"queryLogFile,omitempty"`

	// Whether blocks may overlap.
	//
	// Deprecated: without effect since Prometheus 2.39.0, where they always may.
	// +optional
	AllowOverlappingBlocks bool `json:"allowOverlappingBlocks,omitempty"`

	// Storage of exemplars. Needs the feature `exemplar-storage`.
	// +optional
	Exemplars *Exemplars `json:"exemplars,omitempty"`

	// Time between two evaluations of a rule group.
	// +optional
	// +kubebuilder:default="30s"
	EvaluationInterval Duration `json:"evaluationInterval,omitempty"`

	// How far in the past rule groups are evaluated that do not say so themselves. Needs Prometheus 2.53.0.
	// +optional
	RuleQueryOffset *Duration `json:"ruleQueryOffset,omitempty"`

	// Whether the admin API is served, which can delete data and stop the server. Protect it by other means.
	// +optional
	EnableAdminAPI bool `json:"enableAdminAPI,omitempty"`
}

// PrometheusRuleExcludeConfig names one PrometheusRule.
type PrometheusRuleExcludeConfig struct {
	// Namespace of the PrometheusRule.
	// +required
	RuleNamespace string `json:"ruleNamespace"`

	// Name of the PrometheusRule.
	// +required
	RuleName string `json:"ruleName"`
}
