package report

import (
	"sync"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// Board holds the newest state and wakes those who wait for a newer one.
type Board struct {
	started time.Time

	mu      sync.Mutex
	state   transaction.State
	changed chan struct{}
}

// NewBoard has no state yet. States count their time from now on.
func NewBoard() *Board {
	return &Board{started: time.Now(), changed: make(chan struct{})}
}

// Publish shows a new state.
func (b *Board) Publish(s transaction.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state = s
	close(b.changed)
	b.changed = make(chan struct{})
}

// look returns the state and a channel that is closed by the next one.
func (b *Board) look() (transaction.State, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.changed
}

// Loaded is the report.
func (b *Board) Loaded() contract.Loaded {
	s, _ := b.look()
	return b.loaded(s)
}

func (b *Board) loaded(s transaction.State) contract.Loaded {
	loaded := s.LoadedNow()
	problem, refused := s.Standing()
	r := contract.Loaded{
		Domain: s.Domain,
		Wanted: s.Seen.Digest, WantedGeneration: s.Seen.Generation,
		Loaded: loaded.Digest, LoadedGeneration: loaded.Generation,
		Refused: refused, Reason: problem.Reason, Error: problem.Text[:min(len(problem.Text), contract.MaxError)],
		PrometheusVersion: s.Prom.Version,
	}
	if s.Seen.Digest != "" {
		r.FirstSeen = b.at(s.FirstSeen)
	}
	if loaded.ID != "" {
		r.LoadedAt = b.at(max(s.LoadedAt, s.ReadyAt))
	}
	if !s.Prom.Start.IsZero() {
		start := s.Prom.Start
		r.PrometheusStart = &start
	}
	return r
}

// at turns a time since the start into one of the calendar, for people.
func (b *Board) at(d time.Duration) *time.Time {
	t := b.started.Add(d).UTC().Round(0)
	return &t
}
