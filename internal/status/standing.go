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
	Note       string                 // what an accepted object is told
	Loaded     metav1.ConditionStatus // whether every replica runs this generation
}

// Standings returns the standing of every object that the Prometheus selects. It moves ledger forward.
func Standings(w *world.World, pl plan.Plan, ledger *delivery.Ledger) map[world.Object]Standing {
	config := domain{
		manifest: pl.Wanted.Config, rendered: len(pl.Config.Stored) > 0,
		reached: pl.Delivery.Reached(contract.Config, pl.Wanted.Config, wantedReplicas(w)),
	}
	rules := domain{
		manifest: pl.Wanted.Rules, rendered: len(pl.Rules.Shards) > 0,
		reached: pl.Delivery.Reached(contract.Rules, pl.Wanted.Rules, wantedReplicas(w)),
	}
	t := tally{verdicts: pl.Verdicts, notes: pl.Rules.Notes, ledger: ledger, config: config, rules: rules, out: map[world.Object]Standing{}}
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
	verdicts      map[world.Object]world.Verdict
	notes         map[world.Object]string
	ledger        *delivery.Ledger
	config, rules domain
	out           map[world.Object]Standing
}

// domain is what becomes of the objects of one domain.
type domain struct {
	manifest contract.Manifest
	rendered bool // else the set that was published before stays
	reached  delivery.Reached
}

func (t tally) add(kind world.Kind, o metav1.Object) {
	d := t.config
	if kind == world.PrometheusRule {
		d = t.rules
	}
	id := world.ObjectOf(kind, o)
	s := Standing{Generation: o.GetGeneration(), Verdict: t.verdicts[id], Note: t.notes[id], Loaded: metav1.ConditionUnknown}
	since, published := t.since(d, id, s)
	switch {
	case !published:
		s.Loaded = metav1.ConditionFalse
	case d.reached.Generation >= since && d.reached.Known:
		s.Loaded = metav1.ConditionTrue
	case d.reached.Known:
		s.Loaded = metav1.ConditionFalse
	}
	t.out[id] = s
}

// since returns the generation of the manifest since which the present form of an object is published, and whether it is at all.
func (t tally) since(d domain, id world.Object, s Standing) (generation int64, published bool) {
	switch {
	case !s.Verdict.Accepted():
		t.ledger.Withdraw(id)
		return 0, false
	case !d.rendered:
		return t.ledger.Since(id, s.Generation)
	}
	return t.ledger.Publish(id, s.Generation, d.manifest), true
}
