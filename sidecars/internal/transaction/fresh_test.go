package transaction_test

import (
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// unproved is a new pod whose init container staged a set that nobody has proved, with a way back; Prometheus is not up yet.
func unproved(p *pod) {
	p.phase = transaction.Down
	p.show("live", nil)
	for _, id := range []string{"proved", "live"} {
		_ = p.Remember(transaction.Set{ID: id, Digest: id}, true)
	}
	_ = p.Journal(transaction.Entry{Domain: contract.Config, From: "proved", To: "live", Fresh: true})
	_ = p.Flip(contract.Config, "live")
}

func (p *pod) linked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link
}

func TestAnUnprovedStartGetsAMinute(t *testing.T) {
	driveNew(t, unproved, func(p *pod) {
		wait(55 * time.Second)
		if p.linked() != "live" {
			t.Fatal("taken back before Prometheus had its time to start")
		}
		p.set(func() { p.phase = transaction.Ready })
		wait(2 * time.Second)
		if p.loaded() != "live" || p.posted() != 0 {
			t.Errorf("%q is loaded after %d POSTs; Prometheus started on the live set, which proves it", p.loaded(), p.posted())
		}
	})
}

func TestAPrometheusThatCannotStartIsBroughtBack(t *testing.T) {
	driveNew(t, unproved, func(p *pod) {
		wait(65 * time.Second)
		if p.linked() != "proved" {
			t.Fatal("Prometheus still has nothing that it can start on")
		}
		p.set(func() { p.phase, p.bad = transaction.Ready, "live" })
		wait(5 * time.Second)
		problem, refused := p.standing()
		if p.linked() != "proved" || refused != "live" || problem.Reason != contract.PrometheusRefused {
			t.Errorf("on %s, refused %q: %+v; want the proved set to run and the live one to be refused by name", p.linked(), refused, problem)
		}
		p.show("fixed", nil)
		wait(time.Second)
		if p.loaded() != "fixed" {
			t.Errorf("%q is loaded, want the fixed set", p.loaded())
		}
	})
}

// started is a pod whose init container staged a set without a way back.
func started(p *pod) {
	p.untried = true
	_ = p.Remember(transaction.Set{ID: "first", Digest: "first"}, false)
	_ = p.Flip(contract.Config, "first")
	p.show("second", nil)
}

func TestWhatPrometheusStartedOnIsTheWayBack(t *testing.T) {
	driveNew(t, func(p *pod) { started(p); p.phase, p.bad = transaction.Ready, "second" }, func(p *pod) {
		wait(5 * time.Second)
		if _, refused := p.standing(); p.linked() != "first" || p.loaded() != "first" || refused != "second" {
			t.Errorf("on %s, loaded %q, refused %q; want what Prometheus ran when the bad set came", p.linked(), p.loaded(), refused)
		}
	})
}

func TestASetThatNobodyTriedComesBackAfterADeadlyOne(t *testing.T) {
	driveNew(t, func(p *pod) { started(p); p.phase, p.rises = transaction.Down, true }, func(p *pod) {
		wait(time.Second)
		if p.linked() != "second" {
			t.Fatalf("on %s: the scene is not set", p.linked())
		}
		p.set(func() { p.phase = transaction.Down }) // it died of the second
		p.show("first", nil)
		wait(time.Second)
		if p.linked() != "first" {
			t.Fatal("Prometheus can never start again, though the volume has a set that it can start on")
		}
		p.set(func() { p.phase = transaction.Ready })
		wait(2 * time.Second)
		if p.loaded() != "first" {
			t.Errorf("%q is loaded", p.loaded())
		}
	})
}

func TestAPrometheusThatCannotStartOnWhatIsCommittedTriesWhatCame(t *testing.T) {
	drive(t, func(p *pod) {
		for _, phase := range []transaction.Phase{transaction.Down, transaction.Ready, transaction.Down} { // a restart that went well, then one that does not
			p.set(func() { p.phase = phase })
			wait(5 * time.Second)
		}
		p.show("second", nil)
		wait(4 * time.Second)
		if p.linked() != "first" {
			t.Fatal("a restart takes seconds, and is none of the committed set's fault")
		}
		wait(4 * time.Second)
		if p.linked() != "second" {
			t.Fatal("it can't start on the committed set, and is offered nothing else")
		}
		wait(70 * time.Second)
		if p.linked() != "first" {
			t.Fatal("it can't start on the second one either, which nobody proved")
		}
		p.show("third", nil)
		wait(time.Second)
		p.set(func() { p.phase = transaction.Ready })
		wait(5 * time.Second)
		if p.loaded() != "third" {
			t.Errorf("%q is loaded once it is back", p.loaded())
		}
	})
}
