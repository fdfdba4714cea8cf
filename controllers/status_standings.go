package controllers

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

// Standings carries what every Prometheus made of the objects that it selects to the writers of those objects' status.
type Standings struct {
	mu       sync.Mutex
	by       map[types.NamespacedName]map[world.Object]status.Standing // Prometheus -> object
	channels map[world.Kind]chan event.TypedGenericEvent[world.Object]
}

// NewStandings returns Standings in which no Prometheus has spoken yet.
func NewStandings() *Standings {
	s := &Standings{by: map[types.NamespacedName]map[world.Object]status.Standing{}, channels: map[world.Kind]chan event.TypedGenericEvent[world.Object]{}}
	for _, kind := range world.Selectable {
		s.channels[kind] = make(chan event.TypedGenericEvent[world.Object], 1024)
	}
	return s
}

// tell replaces what a Prometheus says, nil when it is gone, and has the status of every object concerned looked at again.
func (s *Standings) tell(ctx context.Context, prometheus types.NamespacedName, now map[world.Object]status.Standing) {
	s.mu.Lock()
	before := s.by[prometheus]
	s.by[prometheus] = now
	if now == nil {
		delete(s.by, prometheus)
	}
	s.mu.Unlock()
	for o, standing := range now {
		if was, ok := before[o]; !ok || was != standing {
			s.look(ctx, o)
		}
	}
	for o := range before {
		if _, ok := now[o]; !ok {
			s.look(ctx, o)
		}
	}
}

func (s *Standings) look(ctx context.Context, o world.Object) {
	select {
	case s.channels[o.Kind] <- event.TypedGenericEvent[world.Object]{Object: o}:
	case <-ctx.Done():
	}
}

// of returns what every Prometheus made of o that has spoken and selects it, and those that have not spoken yet.
func (s *Standings) of(o world.Object, all []v1.Prometheus) (out map[types.NamespacedName]status.Standing, silent []types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out = map[types.NamespacedName]status.Standing{}
	for i := range all {
		name := types.NamespacedName{Namespace: all[i].Namespace, Name: all[i].Name}
		spoken, ok := s.by[name]
		if !ok {
			silent = append(silent, name)
		}
		if standing, selected := spoken[o]; selected {
			out[name] = standing
		}
	}
	return out, silent
}
