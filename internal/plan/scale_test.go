package plan

import (
	"testing"
	"time"

	v1 "github.com/promloop/promloop/api/v1"
)

// scaleBudgets are how long planning may take, by the number of monitors and of rules: from nothing, and after one change. Measured on
// two busy cores: 0.25 s and 1.3 ms, 0.6 s and 6.5 ms, 2.9 s and 11 ms.
var scaleBudgets = map[int]struct{ first, change time.Duration }{
	1_000:  {2 * time.Second, 100 * time.Millisecond},
	5_000:  {8 * time.Second, 400 * time.Millisecond},
	10_000: {15 * time.Second, 800 * time.Millisecond},
}

// TestScale plans for thousands of objects. The fastest of a few changes counts, because a busy machine makes some slow.
func TestScale(t *testing.T) {
	for objects, budget := range scaleBudgets {
		w, p := someWorld(objects), planner()
		began := time.Now()
		pl := p.For(w)
		first := time.Since(began)
		settle(w, pl)
		settle(w, p.For(w))
		best, writes := time.Duration(1<<62), 0
		for n := range 5 {
			m := w.ServiceMonitors[(n*objects/5+n)%objects].DeepCopy()
			m.Generation, m.Spec.Endpoints = m.Generation+1, []v1.Endpoint{{Port: "changed"}}
			w.ServiceMonitors[(n*objects/5+n)%objects] = m
			began := time.Now()
			pl := p.For(w)
			best = min(best, time.Since(began))
			writes = max(writes, len(pl.Writes))
			settle(w, pl)
		}
		t.Logf("scale %d first %s change %s", objects, first.Round(time.Millisecond), best.Round(10*time.Microsecond))
		if first > budget.first || best > budget.change {
			t.Errorf("%d monitors: planned in %s, one change in %s; the budget is %s and %s", objects, first, best, budget.first, budget.change)
		}
		if writes != 2 {
			t.Errorf("%d monitors: one change writes %d objects, want its part and the manifest", objects, writes)
		}
	}
}
