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
	// Left holds every object that is not selected, with the first reason why not.
	Left map[world.Object]world.Verdict
	// Invalid holds the kinds whose selectors, or objects, can't be read. Nothing of such a kind is selected and nothing is known of it, so
	// what the Prometheus has of it must stay as it is until that is mended.
	Invalid map[world.Kind]world.Verdict
}

// For selects for the Prometheus of w. A nil label selector selects nothing and an empty one everything; a nil namespace
// selector means the namespace of the Prometheus, and an empty one every namespace. Source: upstream's API documentation.
func For(w *world.World) Result {
	r := Result{Left: map[world.Object]world.Verdict{}, Invalid: map[world.Kind]world.Verdict{}}
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
		verdict := selector.Judge(o, w.Namespaces[o.GetNamespace()])
		if verdict.Accepted() {
			selected = append(selected, o)
			continue
		}
		r.Left[world.ObjectOf(kind, o)] = verdict
	}
	return selected
}
