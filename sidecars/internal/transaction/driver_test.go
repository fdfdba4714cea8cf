package transaction_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// pod is a volume and a Prometheus for a driver in virtual time.
type pod struct {
	transaction.Memory
	link    string
	bad     string // what Prometheus refuses
	rises   bool   // Prometheus begins to start at the next flip
	untried bool   // nobody has noted that a Prometheus ran what is committed
	full    bool   // nothing can be written
	damaged bool   // what lies on the disk can't be read
	held    bool   // the lock
	locks   int    // how often the lock was asked for
	mu      sync.Mutex
	seen    transaction.Observation
	phase   transaction.Phase
	outcome transaction.Outcome
	takes   time.Duration // a reload
	posts   []time.Duration
	started time.Time
	state   transaction.State
	changed chan struct{}
}

func (p *pod) Observe() (transaction.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen, nil
}
func (p *pod) Render(string) error { return nil }
func (p *pod) TryLock() (bool, string, error) {
	moment()
	full := false
	p.set(func() { p.locks++; full = p.full })
	if full {
		return false, "", errors.New("no space left")
	}
	p.set(func() { p.held = true })
	return p.Memory.TryLock()
}
func (p *pod) Unlock() error {
	p.set(func() { p.held = false })
	return p.Memory.Unlock()
}
func (p *pod) Disk() (transaction.Disk, error) {
	damaged := false
	p.set(func() { damaged = p.damaged })
	if damaged {
		return transaction.Disk{}, errors.New("not a journal of ours")
	}
	d, err := p.Memory.Disk()
	d.Ran = d.Ran && !p.untried
	return d, err
}
func (p *pod) Flip(d contract.Domain, id string) error {
	p.set(func() {
		p.link = id
		if p.rises {
			p.phase, p.rises = transaction.NotReady, false
		}
	})
	return p.Memory.Flip(d, id)
}
func (p *pod) Probe(context.Context, bool) transaction.Prom {
	moment()
	p.mu.Lock()
	defer p.mu.Unlock()
	return transaction.Prom{Phase: p.phase, Full: true, ReloadOK: true, Start: p.started}
}
func (p *pod) Info(ctx context.Context) transaction.Prom { return p.Probe(ctx, true) }
func (p *pod) Reload(context.Context) (transaction.Outcome, transaction.Problem) {
	p.set(func() { p.posts = append(p.posts, time.Since(p.started)) })
	<-time.After(p.takes)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bad != "" && p.link == p.bad {
		return transaction.Refused, transaction.Problem{Reason: contract.PrometheusRefused, Text: "no"}
	}
	return p.outcome, transaction.Problem{}
}

func (p *pod) show(id string, change func(*transaction.Observation)) {
	p.mu.Lock()
	p.seen = transaction.Observation{Set: transaction.Set{ID: id, Digest: id}, Complete: true, Released: true}
	if change != nil {
		change(&p.seen)
	}
	p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *pod) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// posted is how often Prometheus was told to reload.
func (p *pod) posted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.posts)
}

func (p *pod) standing() (transaction.Problem, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Standing()
}

func (p *pod) loaded() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.LoadedNow().ID
}

// drive runs a driver on the pod, in virtual time, until the test is over. Its first set is loaded then.
func drive(t *testing.T, test func(p *pod)) {
	driveNew(t, func(p *pod) { p.show("first", nil) }, func(p *pod) {
		wait(time.Second)
		if p.loaded() != "first" {
			t.Fatal("the first set is not loaded")
		}
		p.set(func() { p.posts = nil })
		test(p)
	})
}

// driveNew runs it on a pod that starts anew.
func driveNew(t *testing.T, prepare, test func(p *pod)) {
	synctest.Test(t, func(t *testing.T) {
		p := &pod{phase: transaction.Ready, started: time.Now(), changed: make(chan struct{}, 1)}
		prepare(p)
		d := transaction.Driver{
			Volume: p, Store: p, Prometheus: p, Log: slog.New(slog.DiscardHandler), Changed: p.changed,
			Publish: func(s transaction.State) { p.set(func() { p.state = s }) },
			Options: transaction.Options{Domain: contract.Config, ReloadTimeout: 2 * time.Minute, ReleaseBound: 10 * time.Minute, RetryMin: 30 * time.Second, RetryMax: 5 * time.Minute},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		test(p)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// moment passes with everything that is done outside.
func moment() { <-time.After(time.Microsecond) }

// wait lets virtual time pass.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestChangeIsPostedAtOnce(t *testing.T) {
	drive(t, func(p *pod) {
		p.show("second", nil)
		wait(time.Millisecond)
		if p.loaded() != "second" {
			t.Error("it is not loaded within a millisecond: something waits in front of it")
		}
	})
}

func TestBurstCostsOneMoreReload(t *testing.T) {
	drive(t, func(p *pod) {
		p.set(func() { p.takes = time.Second })
		p.show("0", nil)
		wait(100 * time.Millisecond)
		for n := range 50 {
			go p.show("burst", func(o *transaction.Observation) { o.Generation = int64(n) })
		}
		wait(10 * time.Second)
		if p.posted() != 2 || p.loaded() != "burst" {
			t.Errorf("%d POSTs, %s loaded; want one for what came first and one for the rest", p.posted(), p.loaded())
		}
	})
}

func TestRefusedIsTriedAgainSlowlyAndAFixAtOnce(t *testing.T) {
	drive(t, func(p *pod) {
		p.set(func() { p.bad = "bad" })
		p.show("bad", nil)
		wait(time.Second)
		p.set(func() { p.posts = nil })
		wait(28 * time.Second)
		quiet := p.posted()
		wait(20 * time.Minute)
		tries := p.posted() // each is a POST and, after the link is back, another
		if quiet > 0 || tries < 6 || tries > 20 {
			t.Errorf("%d POSTs in the first half minute, %d in 20 more; want a pause of 30 s that grows to 5 min", quiet, tries)
		}
		p.show("fixed", nil)
		wait(time.Millisecond)
		if p.loaded() != "fixed" {
			t.Error("the fix waits for the pause of what it fixes")
		}
	})
}

func TestNothingIsPostedBeforeReady(t *testing.T) {
	drive(t, func(p *pod) {
		p.set(func() { p.phase = transaction.NotReady })
		wait(2 * time.Second)
		p.show("second", nil)
		wait(10 * time.Minute)
		if p.posted() > 0 {
			t.Fatalf("%d POSTs to a Prometheus that is not ready", p.posted())
		}
		p.set(func() { p.phase = transaction.Ready })
		wait(time.Second)
		if p.loaded() != "second" || p.posted() != 1 {
			t.Errorf("%q loaded after %d POSTs; want the second after one, within a second", p.loaded(), p.posted())
		}
	})
}

func TestStagedSetWaitsForItsReleaseOrTenMinutes(t *testing.T) {
	staged := func(o *transaction.Observation) { o.Staged, o.Released = true, false }
	drive(t, func(p *pod) {
		p.show("second", staged)
		wait(9 * time.Minute)
		if p.loaded() != "first" {
			t.Fatal("loaded without a release")
		}
		wait(time.Minute + time.Second)
		if p.loaded() != "second" {
			t.Fatal("not loaded though nobody released it for ten minutes")
		}
		p.show("third", staged)
		wait(time.Minute)
		p.show("third", func(o *transaction.Observation) { o.Staged = true })
		wait(time.Millisecond)
		if p.loaded() != "third" {
			t.Error("not loaded at once when it was released")
		}
	})
}

func TestRefusedElsewhereIsNeverLoaded(t *testing.T) {
	drive(t, func(p *pod) {
		p.show("second", func(o *transaction.Observation) { o.RefusedElsewhere = true })
		wait(time.Hour)
		if problem, refused := p.standing(); p.loaded() != "first" || refused != "second" || problem.Reason != contract.RefusedElsewhere {
			t.Errorf("loaded %q, refused %q for %+v", p.loaded(), refused, problem)
		}
	})
}

func TestOlderGenerationIsIgnoredUnlessAccepted(t *testing.T) {
	drive(t, func(p *pod) {
		numbered := func(n int64, lower bool) func(*transaction.Observation) {
			return func(o *transaction.Observation) {
				o.HasManifest, o.ManifestVersion, o.Generation, o.AcceptLower = true, 1, n, lower
			}
		}
		p.show("seven", numbered(7, false))
		wait(time.Second)
		p.show("six", numbered(6, false))
		wait(time.Minute)
		if problem, _ := p.standing(); p.loaded() != "seven" || problem.Reason != contract.OlderGeneration {
			t.Errorf("loaded %q, problem %+v", p.loaded(), problem)
		}
		p.show("six", numbered(6, true))
		wait(time.Second)
		if p.loaded() != "six" {
			t.Error("a restore that says so is not accepted")
		}
	})
}

func TestTimedOutPostIsNotRepeatedWhileItMayBeQueued(t *testing.T) {
	drive(t, func(p *pod) {
		p.set(func() { p.outcome = transaction.TimedOut })
		p.show("second", nil)
		wait(time.Minute)
		if p.posted() != 1 {
			t.Errorf("%d POSTs; the first may still be in Prometheus' queue", p.posted())
		}
		p.set(func() { p.outcome = transaction.Accepted })
		wait(3 * time.Minute)
		if p.loaded() != "second" {
			t.Error("never resolved")
		}
	})
}

func TestForbiddenIsTriedTwiceAMinuteAtMost(t *testing.T) {
	drive(t, func(p *pod) {
		p.set(func() { p.outcome = transaction.Rejected })
		p.show("second", nil)
		wait(time.Minute)
		if p.posted() > 2 {
			t.Errorf("%d POSTs in a minute", p.posted())
		}
	})
}

func TestAFullDiskIsNotAskedAgainAndAgain(t *testing.T) {
	driveNew(t, func(p *pod) { p.full = true; p.show("first", nil) }, func(p *pod) {
		wait(20 * time.Second)
		tries := 0
		p.set(func() { tries = p.locks })
		if problem, _ := p.standing(); problem.Reason != contract.WriteFailed || tries > 8 {
			t.Errorf("%d tries in 20 s, %+v; want pauses that grow to 4 s", tries, problem)
		}
		p.set(func() { p.full = false })
		wait(5 * time.Second)
		if p.loaded() != "first" {
			t.Error("not loaded though there is room again")
		}
	})
}

func TestADiskThatCannotBeReadDoesNotKeepTheLock(t *testing.T) {
	driveNew(t, func(p *pod) { p.damaged = true; p.show("first", nil) }, func(p *pod) {
		wait(time.Second)
		held := false
		p.set(func() { held = p.held })
		if problem, _ := p.standing(); held || problem.Reason != contract.WriteFailed {
			t.Errorf("held %v, %+v", held, problem)
		}
	})
}
