package status

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// Measures are what the operator's gauges say of one Prometheus.
type Measures struct {
	Replicas, Shards    int                                           // as the object asks for
	EnforcedSampleLimit *int64                                        // nil where the object has none
	Progress            map[contract.Domain]map[delivery.Progress]int // replicas by how far they have come
	Selected            map[world.Kind]int                            // objects that are wholly used
	Rejected            map[world.Kind]map[string]int                 // objects that are not wholly used, by the reason
	RejectedGroups      map[types.NamespacedName]int                  // groups that are left out, by PrometheusRule
	HeldBack            bool                                          // all or part of what was published last stays as it was
	Fill                plan.Fill                                     // room in use
}

// MeasuresOf takes the measures of a Prometheus as it was seen and planned.
func MeasuresOf(w *world.World, pl plan.Plan) Measures {
	m := Measures{
		Replicas: world.Replicas(w.Prometheus), Shards: world.Shards(w.Prometheus),
		EnforcedSampleLimit: w.Prometheus.Spec.EnforcedSampleLimit,
		Progress:            progress(pl.Delivery, wantedReplicas(w)),
		Rejected:            map[world.Kind]map[string]int{}, RejectedGroups: pl.Rules.Rejected,
		Fill: pl.Fill,
	}
	for o, verdict := range pl.Verdicts {
		if o.Kind == world.Prometheus {
			m.HeldBack = true
			continue
		}
		m.HeldBack = m.HeldBack || verdict.Reason == promconfig.UnknownReference
		if m.Rejected[o.Kind] == nil {
			m.Rejected[o.Kind] = map[string]int{}
		}
		m.Rejected[o.Kind][verdict.Reason]++
	}
	m.Selected = map[world.Kind]int{
		world.ServiceMonitor: len(pl.Selection.ServiceMonitors),
		world.PodMonitor:     len(pl.Selection.PodMonitors),
		world.Probe:          len(pl.Selection.Probes),
		world.ScrapeConfig:   len(pl.Selection.ScrapeConfigs),
		world.PrometheusRule: len(pl.Selection.Rules),
	}
	for kind, reasons := range m.Rejected {
		for _, count := range reasons {
			m.Selected[kind] -= count
		}
	}
	return m
}

// progress counts pods that do not exist yet as pending: nothing is known to be wrong with them.
func progress(d delivery.Delivery, wanted int) map[contract.Domain]map[delivery.Progress]int {
	out := map[contract.Domain]map[delivery.Progress]int{}
	for _, domain := range []contract.Domain{contract.Config, contract.Rules} {
		out[domain] = map[delivery.Progress]int{
			delivery.Loaded: 0, delivery.Refused: 0, delivery.Unknown: 0,
			delivery.Pending: max(0, wanted-len(d.Pods)),
		}
	}
	for _, pod := range d.Pods {
		out[contract.Config][pod.Config.Progress]++
		out[contract.Rules][pod.Rules.Progress]++
	}
	return out
}
