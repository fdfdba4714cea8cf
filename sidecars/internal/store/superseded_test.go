package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/store"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// pod is a volume and a Prometheus for a driver on a real disk.
type pod struct {
	mu     sync.Mutex
	wanted string
	phase  transaction.Phase
	state  transaction.State
}

func (p *pod) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *pod) Observe() (o transaction.Observation, err error) {
	p.set(func() {
		o = transaction.Observation{Set: transaction.Set{ID: p.wanted, Digest: p.wanted}, Complete: true}
	})
	return o, nil
}

func (p *pod) Render(dir string) error { return os.WriteFile(filepath.Join(dir, "f"), nil, 0o640) }

func (p *pod) Probe(context.Context, bool) (answer transaction.Prom) {
	p.set(func() { answer = transaction.Prom{Phase: p.phase, Full: true, ReloadOK: true} })
	return answer
}

func (p *pod) Info(ctx context.Context) transaction.Prom { return p.Probe(ctx, true) }

func (p *pod) Reload(context.Context) (transaction.Outcome, transaction.Problem) {
	return transaction.Accepted, transaction.Problem{}
}

// drive runs a reloader on the pod, in virtual time, until the test is over. Its first set is loaded then.
func (p *pod) drive(t *testing.T, s *store.Store, test func(show func(id string))) {
	synctest.Test(t, func(t *testing.T) {
		changed := make(chan struct{}, 1)
		show := func(id string) {
			p.set(func() { p.wanted = id })
			changed <- struct{}{}
			<-time.After(time.Second)
			synctest.Wait()
		}
		d := transaction.Driver{
			Volume: p, Store: s, Prometheus: p, Log: slog.New(slog.DiscardHandler), Changed: changed,
			Publish: func(s transaction.State) { p.set(func() { p.state = s }) },
			Options: transaction.Options{Domain: s.Domain, ReloadTimeout: time.Minute, RetryMin: time.Second, RetryMax: time.Minute},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		show("first")
		if p.loaded() != "first" {
			t.Fatal("the first set is not loaded")
		}
		test(show)
		cancel()
		must(t, <-done)
	})
}

func (p *pod) loaded() (id string) {
	p.set(func() { id = p.state.LoadedNow().ID })
	return id
}

// TestSetsThatNobodyLoadsDoNotPileUp lets the volume change while nothing can be loaded: each generation is memory of the pod.
func TestSetsThatNobodyLoadsDoNotPileUp(t *testing.T) {
	cases := map[string]struct {
		reason      string
		begin, ends func(t *testing.T, p *pod, other *store.Store)
	}{
		"NotReady": {
			"Prometheus replays its log for minutes",
			func(_ *testing.T, p *pod, _ *store.Store) { p.set(func() { p.phase = transaction.NotReady }) },
			func(_ *testing.T, p *pod, _ *store.Store) { p.set(func() { p.phase = transaction.Ready }) },
		},
		"LockBusy": {
			"the other domain waits for a reload for minutes",
			func(t *testing.T, _ *pod, other *store.Store) {
				if locked, holder, err := other.TryLock(); err != nil || !locked {
					t.Fatal(holder, err)
				}
			},
			func(t *testing.T, _ *pod, other *store.Store) { must(t, other.Unlock()) },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			other := open(t, root, contract.Rules)
			p := &pod{phase: transaction.Ready, wanted: "first"}
			p.drive(t, open(t, root, contract.Config), func(show func(string)) {
				tc.begin(t, p, other)
				for n := range 10 {
					show(fmt.Sprint("next", n))
				}
				if got := generations(t, root); len(got) > 2 {
					t.Errorf("%s: %v; want what runs and the newest", tc.reason, got)
				}
				tc.ends(t, p, other)
				show("last")
				if got := generations(t, root); p.loaded() != "last" || len(got) > 2 {
					t.Errorf("%s: %q is loaded afterwards, on the disk are %v", tc.reason, p.loaded(), got)
				}
			})
		})
	}
}

// generations are the directories that hold a set of the configuration.
func generations(t *testing.T, root string) []string {
	files, err := filepath.Glob(filepath.Join(root, "config", "gen", "*", "f*"))
	must(t, err)
	return files
}
