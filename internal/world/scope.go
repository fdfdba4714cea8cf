package world

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	v1 "github.com/promloop/promloop/api/v1"
)

// ControllerIDAnnotation on a Prometheus names the operator that it is for, where several share a cluster.
const ControllerIDAnnotation = "operator.prometheus.io/controller-id"

// Scope says which objects are this operator's business. The zero Scope is the whole cluster.
type Scope struct {
	// Namespaces are those whose monitors, rules and other selectable objects are seen; empty means all but DenyNamespaces.
	Namespaces     []string
	DenyNamespaces []string
	// InstanceNamespaces are those whose Prometheuses are managed; empty means those that are seen.
	InstanceNamespaces []string
	// InstanceSelector selects the Prometheuses that are managed by their labels; nil selects all.
	InstanceSelector labels.Selector
	// ControllerID must equal the annotation of a Prometheus, both empty or both the same.
	ControllerID string
}

// Sees reports whether selectable objects of the namespace count.
func (s Scope) Sees(namespace string) bool {
	if len(s.Namespaces) > 0 {
		return slices.Contains(s.Namespaces, namespace)
	}
	return !slices.Contains(s.DenyNamespaces, namespace)
}

// Manages reports whether p is this operator's to run.
func (s Scope) Manages(p *v1.Prometheus) bool {
	inside := s.Sees(p.Namespace)
	if len(s.InstanceNamespaces) > 0 {
		inside = slices.Contains(s.InstanceNamespaces, p.Namespace)
	}
	return inside && p.Annotations[ControllerIDAnnotation] == s.ControllerID &&
		(s.InstanceSelector == nil || s.InstanceSelector.Matches(labels.Set(p.Labels)))
}

// Watched lists the namespaces that have to be watched, nil for all.
func (s Scope) Watched() []string {
	if len(s.Namespaces) == 0 {
		return nil
	}
	all := slices.Sorted(slices.Values(slices.Concat(s.Namespaces, s.InstanceNamespaces)))
	return slices.Compact(all)
}
