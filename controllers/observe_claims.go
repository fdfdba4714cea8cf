package controllers

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/world"
)

// +kubebuilder:rbac:groups="",resources=persistentvolumeclaims,verbs=list;patch
// +kubebuilder:rbac:groups=storage.k8s.io,resources=storageclasses,verbs=get

// lookAtClaims is how old what is known of the claims of a Prometheus may be while its object does not change. They are not watched: a
// cluster has many, and theirs only change by hand.
const lookAtClaims = time.Minute

// claimStore remembers the volume claims of every Prometheus for a while.
type claimStore struct {
	live client.Reader

	mu   sync.Mutex
	seen map[types.NamespacedName]seenClaims
}

type seenClaims struct {
	at         time.Time
	generation int64
	claims     []*corev1.PersistentVolumeClaim
	growing    map[string]bool
}

func newClaimStore(live client.Reader) *claimStore {
	return &claimStore{live: live, seen: map[types.NamespacedName]seenClaims{}}
}

// observe reads the claims of the StatefulSets that have any, and whether their storage classes let them grow. That they can't be
// read is noted in the World: the size of a volume is no reason to hold up a configuration.
func (s *claimStore) observe(ctx context.Context, w *world.World) error {
	name := client.ObjectKeyFromObject(w.Prometheus)
	s.mu.Lock()
	last := s.seen[name]
	s.mu.Unlock()
	if last.generation != w.Prometheus.Generation || w.Now.Sub(last.at) > lookAtClaims {
		last = seenClaims{at: w.Now, generation: w.Prometheus.Generation, growing: map[string]bool{}}
		if err := s.read(ctx, w, &last); err != nil {
			w.ClaimsUnread = err.Error()
			return nil
		}
		s.mu.Lock()
		s.seen[name] = last
		s.mu.Unlock()
	}
	w.Claims, w.Expandable = last.claims, last.growing
	return nil
}

func (s *claimStore) read(ctx context.Context, w *world.World, into *seenClaims) error {
	for _, sts := range w.Owned.StatefulSets {
		if len(sts.Spec.VolumeClaimTemplates) == 0 {
			continue
		}
		// A StatefulSet gives its claims the labels of its selector.
		var list corev1.PersistentVolumeClaimList
		err := s.live.List(ctx, &list, client.InNamespace(sts.Namespace), client.MatchingLabels(sts.Spec.Selector.MatchLabels))
		if err != nil {
			return err
		}
		into.claims = append(into.claims, living(list.Items)...)
	}
	for _, claim := range into.claims {
		if err := s.class(ctx, claim.Spec.StorageClassName, into.growing); err != nil {
			return err
		}
	}
	return nil
}

func (s *claimStore) class(ctx context.Context, name *string, growing map[string]bool) error {
	if name == nil || *name == "" {
		return nil
	}
	if _, known := growing[*name]; known {
		return nil
	}
	var class storagev1.StorageClass
	err := s.live.Get(ctx, types.NamespacedName{Name: *name}, &class)
	growing[*name] = err == nil && class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion
	return client.IgnoreNotFound(err)
}

// forget has the claims looked at again, since they were written or their Prometheus is gone.
func (s *claimStore) forget(prometheus types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, prometheus)
}
