package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// PrometheusRule holds groups of recording and alerting rules.
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
// +kubebuilder:object:root=true
type PrometheusRuleList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PrometheusRule `json:"items"`
}

type PrometheusRuleSpec struct {
	// +optional
	// +listType=map
	// +listMapKey=name
	Groups []RuleGroup `json:"groups,omitempty"`
}

type RuleGroup struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// +optional
	Interval *Duration `json:"interval,omitempty"`

	// +optional
	QueryOffset *Duration `json:"query_offset,omitempty"`

	// +optional
	Rules []Rule `json:"rules,omitempty"`

	// +optional
	// +kubebuilder:validation:Pattern="^(?i)(abort|warn)?$"
	PartialResponseStrategy string `json:"partial_response_strategy,omitempty"`

	// +optional
	Limit *int `json:"limit,omitempty"`
}

// +kubebuilder:validation:OneOf=Record,Alert
type Rule struct {
	// +optional
	Record string `json:"record,omitempty"`

	// +optional
	Alert string `json:"alert,omitempty"`

	// +required
	Expr intstr.IntOrString `json:"expr"`

	// +optional
	For *Duration `json:"for,omitempty"`

	// +optional
	KeepFiringFor *NonEmptyDuration `json:"keep_firing_for,omitempty"`

	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}
