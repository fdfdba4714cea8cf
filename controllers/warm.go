package controllers

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// warmUp fills the caches of a controller in every replica of the operator, also where another one leads: taking over is then a
// matter of the lease alone.
type warmUp struct {
	controller string
	cache      cache.Cache
	objects    []client.Object
}

// Start implements manager.Runnable.
func (w *warmUp) Start(ctx context.Context) error {
	ready.WithLabelValues(w.controller).Set(0)
	for _, o := range w.objects {
		if _, err := w.cache.GetInformer(ctx, o); err != nil {
			return err
		}
	}
	ready.WithLabelValues(w.controller).Set(1)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (w *warmUp) NeedLeaderElection() bool { return false }
