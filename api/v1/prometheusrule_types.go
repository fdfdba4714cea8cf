package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/api/intstr"
)

// PrometheusRule holds groups of recording and alerting rules.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories="prometheus-operator",shortName="promrule"
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Accepted",type="string",JSONPath=".status.conditions[?(@.type == 'Accepted')].status",description="Whether every Prometheus that selects the object took it"
// +kubebuilder:printcolumn:name="Loaded",type="string",JSONPath=".status.conditions[?(@.type == 'Loaded')].status",description="Whether every replica runs this generation"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type PrometheusRule struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Rule groups to evaluate.
	// +required
	Spec PrometheusRuleSpec `json:"spec"`

	// What became of the object, written by the operator.
	// +optional
	Status ConfigResourceStatus `json:"status,omitempty,omitzero"`
}

// PrometheusRuleList is a list of PrometheusRule objects.
//
// +kubebuilder:object:root=true
type PrometheusRuleList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PrometheusRule `json:"items"`
}

// PrometheusRuleSpec is the content of a rule file.
type PrometheusRuleSpec struct {
	// Rule groups. Names are unique within the object.
	// +optional
	// +listType=map
	// +listMapKey=name
	Groups []RuleGroup `json:"groups,omitempty"`
}

// RuleGroup holds rules that are evaluated one after the other, at one interval.
type RuleGroup struct {
	// Name of the group.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Labels to add to the results of all rules; those of a rule win. Needs Prometheus 3.0.0.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// Time between two evaluations. When unset, that of the Prometheus.
	// +optional
	Interval *Duration `json:"interval,omitempty"`

	// How far in the past the group is evaluated. Needs Prometheus 2.53.0.
	// +optional
	QueryOffset *Duration `json:"query_offset,omitempty"`

	// Rules, in the order of their evaluation.
	// +optional
	Rules []Rule `json:"rules,omitempty"`

	// What a Thanos ruler does with partial results. Prometheus does not read it.
	// +optional
	// +kubebuilder:validation:Pattern="^(?i)(abort|warn)?$"
	PartialResponseStrategy string `json:"partial_response_strategy,omitempty"`

	// Alerts or series that one rule may produce; with more it fails. Needs Prometheus 2.31.0.
	// +optional
	Limit *int `json:"limit,omitempty"`
}

// Rule is a recording rule or an alerting rule. Exactly one of `record` and `alert` is set.
//
// +kubebuilder:validation:OneOf=Record,Alert
type Rule struct {
	// Metric name that the result is stored under.
	// +optional
	Record string `json:"record,omitempty"`

	// Name of the alert.
	// +optional
	Alert string `json:"alert,omitempty"`

	// PromQL expression.
	// +required
	Expr intstr.IntOrString `json:"expr"`

	// How long the expression must hold before the alert fires.
	// +optional
	For *Duration `json:"for,omitempty"`

	// How long the alert goes on firing after the expression ceased to hold.
	// +optional
	KeepFiringFor *NonEmptyDuration `json:"keep_firing_for,omitempty"`

	// Labels to add to the result; they replace labels of the same name.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// Annotations of the alert, as templates. Not allowed in recording rules.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}
