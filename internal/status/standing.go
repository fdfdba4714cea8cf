package status

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/world"
)

// Standing is what one Prometheus made of one object that it selects.
type Standing struct {
	Generation int64 // of the object
	Verdict    world.Verdict
	Loaded     metav1.ConditionStatus // whether every replica runs this generation
}

// Standings returns the standing of every object that the Prometheus selects. It moves ledger forward.
func Standings(w *world.World, pl plan.Plan, ledger *delivery.Ledger) map[world.Object]Standing {
	t := tally{
		plan: pl, ledger: ledger, out: map[world.Object]Standing{},
		config: pl.Delivery.Reached(contract.Config, pl.Wanted.Config, wantedReplicas(w)),
		rules:  pl.Delivery.Reached(contract.Rules, pl.Wanted.Rules, wantedReplicas(w)),
	}
	for _, o := range pl.Selection.ServiceMonitors {
		t.add(world.ServiceMonitor, o)
	}
	for _, o := range pl.Selection.PodMonitors {
		t.add(world.PodMonitor, o)
	}
	for _, o := range pl.Selection.Probes {
		t.add(world.Probe, o)
	}
	for _, o := range pl.Selection.ScrapeConfigs {
		t.add(world.ScrapeConfig, o)
	}
	for _, o := range pl.Selection.Rules {
		t.add(world.PrometheusRule, o)
	}
	selected := make(map[world.Object]bool, len(t.out))
	for o := range t.out {
		selected[o] = true
	}
	ledger.Keep(selected)
	return t.out
}

type tally struct {
	plan          plan.Plan
	ledger        *delivery.Ledger
	config, rules delivery.Reached
	out           map[world.Object]Standing
}

func (t tally) add(kind world.Kind, o metav1.Object) {
	manifest, reached := t.plan.Wanted.Config, t.config
	if kind == world.PrometheusRule {
		manifest, reached = t.plan.Wanted.Rules, t.rules
	}
	id := world.ObjectOf(kind, o)
	s := Standing{Generation: o.GetGeneration(), Verdict: t.plan.Verdicts[id], Loaded: metav1.ConditionUnknown}
	since := t.ledger.Publish(id, o.GetGeneration(), manifest)
	switch {
	case !s.Verdict.Accepted():
		s.Loaded = metav1.ConditionFalse
	case reached.Generation >= since && reached.Known:
		s.Loaded = metav1.ConditionTrue
	case reached.Known:
		s.Loaded = metav1.ConditionFalse
	}
	t.out[id] = s
}
