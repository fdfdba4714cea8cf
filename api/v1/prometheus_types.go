package v1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Prometheus describes a set of Prometheus servers. Each shard becomes a StatefulSet in the object's
// namespace. Selectors choose the ServiceMonitors, PodMonitors, Probes, ScrapeConfigs and PrometheusRules that make up the
// configuration; a change to any of them is reloaded without a restart.
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
// +kubebuilder:object:root=true
type PrometheusList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Prometheus `json:"items"`
}

type PrometheusSpec struct {
	CommonPrometheusFields `json:",inline"`

	// +optional
	BaseImage string `json:"baseImage,omitempty"`

	// +optional
	Tag string `json:"tag,omitempty"`

	// +optional
	SHA string `json:"sha,omitempty"`

	// +optional
	Retention Duration `json:"retention,omitempty"`

	// +optional
	RetentionSize ByteSize `json:"retentionSize,omitempty"`

	// +optional
	RetentionPercentage *resource.Quantity `json:"retentionPercentage,omitempty"`

	// +optional
	ShardRetentionPolicy *ShardRetentionPolicy `json:"shardRetentionPolicy,omitempty"`

	// +optional
	DisableCompaction bool `json:"disableCompaction,omitempty"`

	// +optional
	Rules Rules `json:"rules,omitempty"`

	// +optional
	PrometheusRulesExcludedFromEnforce []PrometheusRuleExcludeConfig `json:"prometheusRulesExcludedFromEnforce,omitempty"`

	// +optional
	RuleSelector *metav1.LabelSelector `json:"ruleSelector,omitempty"`

	// +optional
	RuleNamespaceSelector *metav1.LabelSelector `json:"ruleNamespaceSelector,omitempty"`

	// +optional
	Query *QuerySpec `json:"query,omitempty"`

	// +optional
	Alerting *AlertingSpec `json:"alerting,omitempty"`

	// +optional
	AdditionalAlertRelabelConfigs *corev1.SecretKeySelector `json:"additionalAlertRelabelConfigs,omitempty"`

	// +optional
	AdditionalAlertManagerConfigs *corev1.SecretKeySelector `json:"additionalAlertManagerConfigs,omitempty"`

	// +optional
	RemoteRead []RemoteReadSpec `json:"remoteRead,omitempty"`

	// +optional
	Thanos *ThanosSpec `json:"thanos,omitempty"`

	// +optional
	QueryLogFile string `json:"queryLogFile,omitempty"`

	// +optional
	AllowOverlappingBlocks bool `json:"allowOverlappingBlocks,omitempty"`

	// +optional
	Exemplars *Exemplars `json:"exemplars,omitempty"`

	// +optional
	// +kubebuilder:default="30s"
	EvaluationInterval Duration `json:"evaluationInterval,omitempty"`

	// +optional
	RuleQueryOffset *Duration `json:"ruleQueryOffset,omitempty"`

	// +optional
	EnableAdminAPI bool `json:"enableAdminAPI,omitempty"`
}

type PrometheusRuleExcludeConfig struct {
	// +required
	RuleNamespace string `json:"ruleNamespace"`

	// +required
	RuleName string `json:"ruleName"`
}
