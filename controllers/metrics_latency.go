package controllers

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// changes times objects from their change to when they are loaded.
type changes struct {
	mu   sync.Mutex
	seen map[types.NamespacedName]changed
}

type changed struct {
	generation int64
	at         time.Time
}

func newChanges() *changes { return &changes{seen: map[types.NamespacedName]changed{}} }

// noticed starts the time of a generation, unless it runs already.
func (c *changes) noticed(object types.NamespacedName, generation int64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[object].generation != generation {
		c.seen[object] = changed{generation, now}
	}
}

// since is how long ago a change was noticed that is not loaded yet; ok is false when there is none.
func (c *changes) since(object types.NamespacedName, now time.Time) (age time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	started, ok := c.seen[object]
	return now.Sub(started.at), ok
}

// loaded ends the time of a generation, once.
func (c *changes) loaded(kind string, object types.NamespacedName, generation int64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if started, ok := c.seen[object]; ok && started.generation == generation {
		changeToLoaded.WithLabelValues(kind).Observe(now.Sub(started.at).Seconds())
		delete(c.seen, object)
	}
}

// forget drops an object that is gone.
func (c *changes) forget(object types.NamespacedName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, object)
}
