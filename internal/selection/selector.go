package selection

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Reasons why an object is not selected.
const (
	// NoSelector means that the Prometheus has no selector for objects of this kind, so it selects none.
	NoSelector = "NoSelector"
	// OtherNamespace means that the Prometheus does not look into the object's namespace.
	OtherNamespace = "NamespaceNotSelected"
	// OtherLabels means that the object's labels don't match.
	OtherLabels = "LabelsNotSelected"
	// InvalidSelector means that a selector of the Prometheus can't be read.
	InvalidSelector = "InvalidSelector"
	// Unseen means that the operator can't see objects of this kind.
	Unseen = "KindUnavailable"
)

// Selector is what one Prometheus asks of objects of one kind.
type Selector struct {
	field, namespaceField string // where it stands in the Prometheus, for messages
	home                  string // namespace of the Prometheus
	none                  bool
	labels                labels.Selector
	namespaces            labels.Selector // nil means home only
}

// SelectorOf compiles the selectors of p for objects of kind. The error names the field that can't be read.
func SelectorOf(p *v1.Prometheus, kind world.Kind) (Selector, error) {
	fields := fieldsOf(p, kind)
	s := Selector{
		field: "spec." + fields.name + "Selector", namespaceField: "spec." + fields.name + "NamespaceSelector",
		home: p.Namespace, none: fields.objects == nil,
	}
	var err error
	if s.labels, err = metav1.LabelSelectorAsSelector(fields.objects); err != nil {
		return Selector{}, fmt.Errorf("%s: %w", s.field, err)
	}
	if fields.namespaces == nil {
		return s, nil
	}
	if s.namespaces, err = metav1.LabelSelectorAsSelector(fields.namespaces); err != nil {
		return Selector{}, fmt.Errorf("%s: %w", s.namespaceField, err)
	}
	return s, nil
}

// Nothing reports whether the Prometheus has no selector for the kind, which selects nothing.
func (s Selector) Nothing() bool { return s.none }

// Field is the place of the label selector in the Prometheus.
func (s Selector) Field() string { return s.field }

// Selects reports whether o is selected. namespace are the labels of o's namespace.
func (s Selector) Selects(o metav1.Object, namespace labels.Set) bool {
	return !s.none && s.looksInto(o.GetNamespace(), namespace) && s.labels.Matches(labels.Set(o.GetLabels()))
}

func (s Selector) looksInto(name string, namespace labels.Set) bool {
	if s.namespaces == nil {
		return name == s.home
	}
	return s.namespaces.Matches(namespace)
}

// Judge says whether o is selected, or else the first reason why not. namespace are the labels of o's namespace.
func (s Selector) Judge(o metav1.Object, namespace labels.Set) world.Verdict {
	switch {
	case s.Selects(o, namespace):
		return world.Verdict{}
	case s.none:
		return verdict(NoSelector, "the Prometheus has no %s, which selects nothing; {} would select everything", s.field)
	case s.looksInto(o.GetNamespace(), namespace):
		return verdict(OtherLabels, "%s: the object %s", s.field, difference(s.labels, o.GetLabels()))
	case s.namespaces == nil:
		return verdict(OtherNamespace, "the Prometheus has no %s, so it looks only into its own namespace %s", s.namespaceField, s.home)
	}
	return verdict(OtherNamespace, "%s: namespace %s %s", s.namespaceField, o.GetNamespace(), difference(s.namespaces, namespace))
}

func verdict(reason, format string, args ...any) world.Verdict {
	return world.Verdict{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// difference names the first requirement that have does not meet. Requirements are sorted by key, so it is always the same one.
func difference(want labels.Selector, have labels.Set) string {
	requirements, _ := want.Requirements()
	for _, r := range requirements {
		if r.Matches(have) {
			continue
		}
		if value, ok := have[r.Key()]; ok {
			return fmt.Sprintf("has label %s=%s, wanted is %s", r.Key(), value, r.String())
		}
		return fmt.Sprintf("lacks label %s, wanted is %s", r.Key(), r.String())
	}
	return "does not match"
}

// fields are the two selectors of one kind, and the stem of their names.
type fields struct {
	name                string
	objects, namespaces *metav1.LabelSelector
}

func fieldsOf(p *v1.Prometheus, kind world.Kind) fields {
	s := &p.Spec
	switch kind {
	case world.ServiceMonitor:
		return fields{"serviceMonitor", s.ServiceMonitorSelector, s.ServiceMonitorNamespaceSelector}
	case world.PodMonitor:
		return fields{"podMonitor", s.PodMonitorSelector, s.PodMonitorNamespaceSelector}
	case world.Probe:
		return fields{"probe", s.ProbeSelector, s.ProbeNamespaceSelector}
	case world.ScrapeConfig:
		return fields{"scrapeConfig", s.ScrapeConfigSelector, s.ScrapeConfigNamespaceSelector}
	default:
		return fields{"rule", s.RuleSelector, s.RuleNamespaceSelector}
	}
}
