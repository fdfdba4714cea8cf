package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ConditionType names a condition. The constants below are all that the operator sets.
//
// +kubebuilder:validation:MinLength=1
type ConditionType string

const (
	// Available says whether enough pods serve: True all, Degraded some, False none.
	Available ConditionType = "Available"

	// Reconciled says whether the objects of a Prometheus were brought to its spec.
	Reconciled ConditionType = "Reconciled"

	// Accepted says whether a configuration object is part of the configuration of a Prometheus.
	Accepted ConditionType = "Accepted"

	// Loaded says whether every replica runs what was published: for a Prometheus the newest digests, for a
	// configuration object this very generation in every Prometheus that selects it.
	Loaded ConditionType = "Loaded"

	// Ready is the summary to wait for. On a Prometheus: reconciled, available and loaded. On a configuration
	// object: accepted and loaded.
	Ready ConditionType = "Ready"

	// Reconciling is True while the operator or the pods are on their way to this generation.
	Reconciling ConditionType = "Reconciling"

	// Stalled is True when nothing will change until the user acts.
	Stalled ConditionType = "Stalled"
)

// ConditionStatus is the value of a condition.
//
// +kubebuilder:validation:MinLength=1
type ConditionStatus string

const (
	// ConditionTrue means that the condition holds.
	ConditionTrue ConditionStatus = "True"
	// ConditionDegraded means that it holds for a part of the pods; Available alone uses it.
	ConditionDegraded ConditionStatus = "Degraded"
	// ConditionFalse means that it does not hold.
	ConditionFalse ConditionStatus = "False"
	// ConditionUnknown means that it is not known yet, never that it failed.
	ConditionUnknown ConditionStatus = "Unknown"
)

// Condition is one aspect of a workload's state. It differs from metav1.Condition in the value Degraded and in
// that reason and message may be empty.
type Condition struct {
	// Aspect that is reported.
	// +required
	Type ConditionType `json:"type"`

	// Value of the condition: True, Degraded, False or Unknown.
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

	// `metadata.generation` that the condition speaks of; lower than the object's own when it is out of date.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}
