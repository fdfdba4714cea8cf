package transaction

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

// Volume is where candidates come from; set.Volume is one.
type Volume interface {
	Observe() (Observation, error)
	Render(dir string) error
}

// Store is where sets are kept: store.Store on a disk, Memory when Prometheus reads the volume itself.
type Store interface {
	Stage(set Set, write func(dir string) error) error
	Remember(set Set, ran bool) error
	TryLock() (locked bool, holder string, err error)
	Unlock() error
	Disk() (Disk, error)
	Journal(Entry) error
	Flip(domain contract.Domain, id string) error
	Commit(e Entry, ran bool) error
	Collect(keep []string) error
}

// Prometheus is asked and told; prometheus.Client is one.
type Prometheus interface {
	Probe(ctx context.Context, full bool) Prom
	Info(ctx context.Context) Prom
	Reload(ctx context.Context) (Outcome, Problem)
}

// Driver carries out what Next decides, one action at a time.
type Driver struct {
	Volume     Volume
	Store      Store
	Prometheus Prometheus
	Options    Options
	Log        *slog.Logger
	// Publish is called with every new state, in order.
	Publish func(State)
	// Changed says that the volume may have changed. Never close it.
	Changed <-chan struct{}

	started time.Time
}

// Run works until the context ends, and gives the lock back then.
func (d *Driver) Run(ctx context.Context) error {
	d.started = time.Now()
	s := State{Options: d.Options, Stale: true}
	done := make(chan Event, 1)
	var timer <-chan time.Time
	var event Event = Tick{}
	for {
		before := s
		var action Action
		s, action = Next(s, time.Since(d.started), event)
		d.tell(before, s)
		d.Publish(s)
		switch a := action.(type) {
		case nil:
		case Wait:
			timer = time.After(max(a.For, time.Millisecond))
		default:
			timer = nil
			step(stepBefore, action)
			go func(s State) { done <- d.do(ctx, action, s) }(s) // as it is now: pokes change it meanwhile
		}
		select {
		case <-ctx.Done():
			if s.busy() {
				<-done
			}
			return d.Store.Unlock()
		case event = <-done:
			step(stepAfter, s.Doing)
		case <-d.Changed:
			event = Poke{}
		case <-timer:
			event = Tick{}
		}
	}
}

// do carries out one action. The state is only read.
func (d *Driver) do(ctx context.Context, action Action, s State) Event {
	switch a := action.(type) {
	case Observe:
		o, err := d.Volume.Observe()
		return orFault(Observed{o}, err)
	case Render:
		return d.render(a)
	case Remember:
		return orFault(Remembered{}, d.Store.Remember(a.Set, a.Ran))
	case Probe:
		return Probed{d.Prometheus.Probe(ctx, a.Full)}
	case Lock:
		return d.lock()
	case Journal:
		return orFault(Journaled{}, d.Store.Journal(a.Entry))
	case Flip:
		return orFault(Flipped{}, d.Store.Flip(a.Domain, a.ID))
	case Post:
		outcome, problem := d.Prometheus.Reload(ctx)
		return Posted{outcome, problem}
	case Confirm:
		return Confirmed{d.Prometheus.Info(ctx)}
	case Commit:
		return orFault(Committed{}, d.Store.Commit(s.Open.Entry, a.Ran))
	case Unlock:
		d.cleared(errors.Join(d.Store.Unlock(), d.Store.Collect(a.Keep)))
		return Unlocked{}
	}
	return Tick{}
}

func (d *Driver) render(a Render) Event {
	d.cleared(d.Store.Collect(a.Keep))
	err := d.Store.Stage(a.Set, d.Volume.Render)
	if refusal, ok := errors.AsType[*expand.Error](err); ok {
		return Rendered{Problem{refusal.Reason, refusal.Error()}}
	}
	return orFault(Rendered{}, err)
}

// cleared tells what went wrong with the old generations. That holds up no new one.
func (d *Driver) cleared(err error) {
	if err != nil {
		d.Log.Warn("old generations were not cleared away, trying again later", "err", err)
	}
}

func (d *Driver) lock() Event {
	locked, holder, err := d.Store.TryLock()
	if err == nil && !locked {
		return Busy{holder}
	}
	var disk Disk
	if err == nil {
		disk, err = d.Store.Disk()
	}
	if err != nil {
		return orFault(nil, errors.Join(err, d.Store.Unlock()))
	}
	return Locked{disk}
}

func orFault(e Event, err error) Event {
	switch {
	case err == nil:
		return e
	case errors.Is(err, snapshot.ErrSuperseded):
		return Superseded{}
	}
	return Fault{Problem{contract.WriteFailed, err.Error()}}
}
