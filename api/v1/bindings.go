package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ConfigResourceStatus is the status of an object that becomes a part of a Prometheus configuration:
// ServiceMonitor, PodMonitor, Probe, ScrapeConfig or PrometheusRule.
type ConfigResourceStatus struct {
	// Workloads that select the object, each with its verdict.
	// +optional
	// +listType=map
	// +listMapKey=group
	// +listMapKey=resource
	// +listMapKey=name
	// +listMapKey=namespace
	Bindings []WorkloadBinding `json:"bindings,omitempty"`

	// State of the object over all workloads that select it: Accepted, Loaded and Ready.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// WorkloadBinding says what one workload made of the object.
type WorkloadBinding struct {
	// API group of the workload.
	// +required
	// +kubebuilder:validation:Enum=monitoring.coreos.com
	Group string `json:"group"`

	// Plural resource name of the workload.
	// +required
	// +kubebuilder:validation:Enum=prometheuses;prometheusagents;thanosrulers;alertmanagers
	Resource string `json:"resource"`

	// Name of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Namespace of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	Namespace string `json:"namespace"`

	// Verdict of this workload on the object.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []ConfigResourceCondition `json:"conditions,omitempty"`
}

// ConfigResourceCondition is the verdict of one workload on one object.
type ConfigResourceCondition struct {
	// Aspect that is reported; only Accepted exists.
	// +required
	// +kubebuilder:validation:Enum=Accepted
	Type ConditionType `json:"type"`

	// Value of the condition: True, False or Unknown.
	// +required
	Status ConditionStatus `json:"status"`

	// Time at which the status took its present value.
	// +required
	LastTransitionTime metav1.Time `json:"lastTransitionTime"`

	// Cause of the present status as one CamelCase word.
	// +optional
	Reason string `json:"reason,omitempty"`

	// Cause of the present status as a sentence for people.
	// +optional
	Message string `json:"message,omitempty"`

	// `metadata.generation` that the verdict speaks of; lower than the object's own when it is out of date.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// Observed is the generation of the object that the status speaks of, 0 when it says nothing yet.
func (s ConfigResourceStatus) Observed() int64 {
	for _, c := range s.Conditions {
		if c.Type == string(Loaded) {
			return c.ObservedGeneration
		}
	}
	return 0
}
