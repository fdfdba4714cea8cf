package selection

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
)

// Result is what one Prometheus selects. Slices keep the order of the World.
type Result struct {
	ServiceMonitors []*v1.ServiceMonitor
	PodMonitors     []*v1.PodMonitor
	Probes          []*v1.Probe
	ScrapeConfigs   []*v1alpha1.ScrapeConfig
	Rules           []*v1.PrometheusRule
	// Invalid holds the kinds whose selectors, or objects, can't be read. Nothing of such a kind is selected and nothing is known of it, so
	// what the Prometheus has of it must stay as it is until that is mended.
	Invalid map[world.Kind]world.Verdict
}

// For selects for the Prometheus of w. A nil label selector selects nothing and an empty one everything; a nil namespace
// selector means the namespace of the Prometheus, and an empty one every namespace. Source: upstream's API documentation.
func For(w *world.World) Result {
	r := Result{Invalid: map[world.Kind]world.Verdict{}}
	r.ServiceMonitors = pick(w, &r, world.ServiceMonitor, w.ServiceMonitors)
	r.PodMonitors = pick(w, &r, world.PodMonitor, w.PodMonitors)
	r.Probes = pick(w, &r, world.Probe, w.Probes)
	r.ScrapeConfigs = pick(w, &r, world.ScrapeConfig, w.ScrapeConfigs)
	r.Rules = pick(w, &r, world.PrometheusRule, w.Rules)
	return r
}

func pick[T metav1.Object](w *world.World, r *Result, kind world.Kind, objects []T) []T {
	selector, err := SelectorOf(w.Prometheus, kind)
	if why := w.Unseen[kind]; why != "" && !selector.Nothing() {
		r.Invalid[kind] = world.Verdict{Reason: Unseen, Message: why}
		return nil
	}
	if err != nil {
		r.Invalid[kind] = world.Verdict{Reason: InvalidSelector, Message: err.Error()}
		return nil
	}
	var selected []T
	for _, o := range objects {
		if selector.Selects(o, w.Namespaces[o.GetNamespace()]) {
			selected = append(selected, o)
		}
	}
	return selected
}

// Left tells of every object that the Prometheus of w does not select the first reason why not. No decision needs it: in a large
// cluster a Prometheus leaves out far more than it selects.
func Left(w *world.World) map[world.Object]world.Verdict {
	left := map[world.Object]world.Verdict{}
	leave(w, left, world.ServiceMonitor, w.ServiceMonitors)
	leave(w, left, world.PodMonitor, w.PodMonitors)
	leave(w, left, world.Probe, w.Probes)
	leave(w, left, world.ScrapeConfig, w.ScrapeConfigs)
	leave(w, left, world.PrometheusRule, w.Rules)
	return left
}

func leave[T metav1.Object](w *world.World, left map[world.Object]world.Verdict, kind world.Kind, objects []T) {
	selector, err := SelectorOf(w.Prometheus, kind)
	if err != nil || w.Unseen[kind] != "" {
		return // nothing is known of them
	}
	for _, o := range objects {
		if verdict := selector.Judge(o, w.Namespaces[o.GetNamespace()]); !verdict.Accepted() {
			left[world.ObjectOf(kind, o)] = verdict
		}
	}
}
