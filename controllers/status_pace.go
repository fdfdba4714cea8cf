package controllers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
)

// turns gives each object its turn to be written. Who waits has a place in the line, so that a crowd does not ask again and again.
type turns struct {
	limiter *rate.Limiter

	mu    sync.Mutex
	given map[types.NamespacedName]time.Time
}

func newTurns(limiter *rate.Limiter) *turns {
	return &turns{limiter: limiter, given: map[types.NamespacedName]time.Time{}}
}

// wait is how long it is until the object's turn; at 0 the turn is taken.
func (t *turns) wait(object types.NamespacedName, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, waiting := t.given[object]
	if !waiting {
		at = now.Add(t.limiter.ReserveN(now, 1).DelayFrom(now))
	}
	if wait := at.Sub(now); wait > 0 {
		t.given[object] = at
		return wait
	}
	delete(t.given, object)
	return 0
}

// forget drops an object that is gone.
func (t *turns) forget(object types.NamespacedName) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.given, object)
}
