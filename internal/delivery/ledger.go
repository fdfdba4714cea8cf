package delivery

import (
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// Ledger remembers, for every selected object, since which generation of its domain's manifest its present form is published.
// Sets only follow one another, so a pod that has loaded that generation or a later one runs this form of the object, also while
// other objects keep changing. A Ledger that starts empty is only pessimistic: everything counts as published just now.
type Ledger struct {
	entries map[world.Object]entry
}

type entry struct {
	generation int64 // of the object
	since      int64 // of the manifest
}

// NewLedger returns an empty Ledger.
func NewLedger() *Ledger {
	return &Ledger{entries: map[world.Object]entry{}}
}

// Publish notes that the form of an object with this generation is part of the set with the given manifest, and returns the
// generation of the manifest that first had it.
func (l *Ledger) Publish(o world.Object, generation int64, m contract.Manifest) int64 {
	if since, ok := l.Since(o, generation); ok {
		return since
	}
	l.entries[o] = entry{generation: generation, since: m.Generation}
	return m.Generation
}

// Since returns the generation of the manifest that first had the form of an object with this generation. ok is false if none is known
// to have it.
func (l *Ledger) Since(o world.Object, generation int64) (since int64, ok bool) {
	e, known := l.entries[o]
	return e.since, known && e.generation == generation
}

// Withdraw notes that the present form of an object is not published. It may be later without a change of its generation: once a
// Secret that it refers to exists, or there is room for it.
func (l *Ledger) Withdraw(o world.Object) {
	delete(l.entries, o)
}

// Keep forgets every object that is not among the given ones.
func (l *Ledger) Keep(selected map[world.Object]bool) {
	for o := range l.entries {
		if !selected[o] {
			delete(l.entries, o)
		}
	}
}

// Reached is the generation of the manifest of one domain that every pod has loaded or passed. Known is false while a pod has not
// answered, or fewer pods exist than should.
type Reached struct {
	Generation int64
	Known      bool
}

// Reached tells how far all of the given number of pods have come in a domain.
func (d Delivery) Reached(domain contract.Domain, want contract.Manifest, replicas int) Reached {
	out := Reached{Generation: want.Generation, Known: len(d.Pods) >= replicas}
	for _, pod := range d.Pods {
		state := pod.Config
		if domain == contract.Rules {
			state = pod.Rules
		}
		switch {
		case state.Progress == Unknown:
			return Reached{}
		case state.Progress != Loaded:
			out.Generation = min(out.Generation, state.Report.LoadedGeneration)
		}
	}
	return out
}
