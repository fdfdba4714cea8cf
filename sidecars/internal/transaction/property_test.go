package transaction_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// TestAnyHistoryEndsProved drives two reloaders and one Prometheus through histories of changes, kills and hangs. At every
// moment what is reported as loaded runs, and POSTs come one at a time under the lock; once nothing more happens, every domain
// runs its newest set or, where Prometheus refuses that, the last good one.
func TestAnyHistoryEndsProved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.prom.costly = rapid.Bool().Draw(t, "it takes long to ask Prometheus for its last load")
		var history []string
		if rapid.Bool().Draw(t, "there is an init container") {
			unproved := rapid.SampledFrom([]contract.Domain{"", contract.Config, contract.Rules}).Draw(t, "unproved")
			k := rapid.SampledFrom([]kind{good, bad, deadly}).Draw(t, "kind")
			w.stage(unproved, k)
			history = append(history, fmt.Sprintf("staged, unproved: %q of kind %v", unproved, k))
		}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			history = append(history, disturb(t, w))
			if len(w.broken) > 0 {
				t.Fatalf("%s\nafter\n%s", strings.Join(w.broken, "\n"), strings.Join(history, "\n"))
			}
		}
		end := w.now + 7*time.Minute
		w.settle(end)
		if len(w.broken) > 0 {
			t.Fatalf("%s\nafter\n%s", strings.Join(w.broken, "\n"), strings.Join(history, "\n"))
		}
		for _, d := range domains {
			for last := w.now + 2*time.Minute; w.now < last && w.reloaders[d].state.LoadedNow().ID == ""; { // it may try once more just now
				w.settle(w.now + time.Second)
			}
			checkEnd(t, w, d, history)
		}
	})
}

// disturb does one thing and says what.
func disturb(t *rapid.T, w *world) string {
	d := rapid.SampledFrom(domains).Draw(t, "domain")
	what := rapid.SampledFrom([]string{
		"step", "step", "step", "step", "step", "step", "step", "step", "start", "load", "load",
		"publish", "publish again", "kill reloader", "kill Prometheus", "hang", "wake", "drain",
	}).Draw(t, "what")
	detail := ""
	switch what {
	case "step":
		detail = fmt.Sprintf("%T", w.reloaders[d].action)
		w.step(d, false)
	case "publish":
		k := rapid.SampledFrom([]kind{good, good, bad, deadly}).Draw(t, "kind")
		detail = fmt.Sprint(k)
		w.publish(d, k)
	case "publish again":
		w.republish(d, rapid.IntRange(0, 9).Draw(t, "which"))
	case "kill reloader":
		detail = fmt.Sprintf("%T", w.reloaders[d].action)
		if rapid.Bool().Draw(t, "after the effect") {
			w.step(d, true)
			detail += " done"
		} else {
			w.boot(d)
		}
	case "start":
		w.start()
	case "load":
		w.load()
	case "kill Prometheus":
		w.kill()
	case "hang":
		w.prom.hung = w.prom.up
	case "wake":
		w.prom.hung = false
	case "drain":
		if w.prom.ready && !w.prom.hung {
			w.drain()
		}
	}
	return fmt.Sprintf("%v %s %s %s | links %v journal %v runs %v", w.now, d, what, detail, w.link, w.journal, w.prom.running)
}

// settle lets everything run undisturbed until then.
func (w *world) settle(end time.Duration) {
	w.prom.hung = false
	for w.now < end && len(w.broken) == 0 {
		w.start()
		w.load()
		if w.prom.ready {
			w.drain()
		}
		w.step(w.nextUp(), false)
	}
}

// nextUp is the reloader whose turn it is: one with something in flight, else the one that wakes first.
func (w *world) nextUp() contract.Domain {
	a, b := contract.Config, contract.Rules
	if w.busy(a) || !w.busy(b) && w.reloaders[a].wakeAt <= w.reloaders[b].wakeAt {
		return a
	}
	return b
}

func checkEnd(t *rapid.T, w *world, d contract.Domain, history []string) {
	s := w.reloaders[d].state
	loaded := s.LoadedNow()
	newest := w.volume[d]
	dump := func() string {
		return strings.Join(history, "\n") + fmt.Sprintf("\nlinks %v journal %v", w.link, w.journal)
	}
	switch {
	case w.kinds[newest.ID] == good && loaded.ID != newest.ID && !hopeless(w, d):
		t.Fatalf("%s: loaded %q, want the newest, %q: %+v\n%s", d, loaded.ID, newest.ID, s, dump())
	case w.kinds[newest.ID] != good && loaded.ID == newest.ID:
		t.Fatalf("%s: a set that Prometheus cannot run counts as loaded: %q\n%s", d, loaded.ID, dump())
	case loaded.ID == "" && w.served[d] && !hopeless(w, d):
		t.Fatalf("%s: what ran is lost: %+v\n%s", d, s, dump())
	case loaded.ID != "" && w.kinds[loaded.ID] != good:
		t.Fatalf("%s: loaded %q, which is not good\n%s", d, loaded.ID, dump())
	}
	if _, posting := w.reloaders[d].action.(transaction.Post); posting {
		t.Fatalf("%s: still posting\n%s", d, dump())
	}
}

// hopeless says that the other domain has never had a set that Prometheus could run: then it cannot run at all.
func hopeless(w *world, d contract.Domain) bool {
	for _, other := range domains {
		if other != d && w.link[other] != "" && w.kinds[w.link[other]] != good {
			return true
		}
	}
	return false
}
