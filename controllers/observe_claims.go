package controllers

import (
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// +kubebuilder:rbac:groups="",resources=persistentvolumeclaims,verbs=list;patch
// +kubebuilder:rbac:groups=storage.k8s.io,resources=storageclasses,verbs=get

// lookAtClaims is how old what is known of the claims of a Prometheus, and of what it names, may be while its object does not change.
// They are not watched: a cluster has many, and theirs only change by hand.
const lookAtClaims = time.Minute

// claimStore remembers for a while the volume claims of every Prometheus, their storage classes, and the Service of the user's own.
type claimStore struct {
	live client.Reader

	mu   sync.Mutex
	seen map[types.NamespacedName]seenClaims
}

type seenClaims struct {
	at         time.Time
	generation int64
	claims     []*corev1.PersistentVolumeClaim
	classes    map[string]*storagev1.StorageClass
	services   map[string]*corev1.Service
}

func newClaimStore(live client.Reader) *claimStore {
	return &claimStore{live: live, seen: map[types.NamespacedName]seenClaims{}}
}

// observe reads the claims of the StatefulSets that have any, and the storage classes and the Service that these and the spec name.
// That they can't be read is noted in the World: the size of a volume is no reason to hold up a configuration.
func (s *claimStore) observe(ctx context.Context, w *world.World) error {
	name := client.ObjectKeyFromObject(w.Prometheus)
	s.mu.Lock()
	last := s.seen[name]
	s.mu.Unlock()
	if last.generation != w.Prometheus.Generation || w.Now.Sub(last.at) > lookAtClaims {
		last = seenClaims{
			at: w.Now, generation: w.Prometheus.Generation,
			classes: map[string]*storagev1.StorageClass{}, services: map[string]*corev1.Service{},
		}
		if err := errors.Join(s.read(ctx, w, &last), s.named(ctx, w.Prometheus, &last)); err != nil {
			w.ClaimsUnread, w.StorageClasses, w.NamedServices = err.Error(), last.classes, last.services
			return nil
		}
		s.mu.Lock()
		s.seen[name] = last
		s.mu.Unlock()
	}
	w.Claims, w.StorageClasses, w.NamedServices = last.claims, last.classes, last.services
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
		if err := look(ctx, s.live, types.NamespacedName{Name: ptr.Deref(claim.Spec.StorageClassName, "")}, into.classes); err != nil {
			return err
		}
	}
	return nil
}

// named looks for what the spec names and the user has to make.
func (s *claimStore) named(ctx context.Context, p *v1.Prometheus, into *seenClaims) error {
	service := types.NamespacedName{Namespace: p.Namespace, Name: ptr.Deref(p.Spec.ServiceName, "")}
	return errors.Join(
		look(ctx, s.live, types.NamespacedName{Name: workload.StorageClass(p)}, into.classes),
		look(ctx, s.live, service, into.services),
	)
}

// look puts the object of that name into found, nil where it does not exist, and nothing where the operator may not see it: that is no
// reason to hold anything up.
func look[T any, P interface {
	*T
	client.Object
}](ctx context.Context, live client.Reader, name types.NamespacedName, found map[string]P) error {
	if _, known := found[name.Name]; known || name.Name == "" {
		return nil
	}
	o := P(new(T))
	err := live.Get(ctx, name, o)
	switch {
	case err == nil:
		found[name.Name] = o
	case apierrors.IsNotFound(err):
		found[name.Name] = nil
	case !apierrors.IsForbidden(err):
		return err
	}
	return nil
}

// forget has the claims looked at again, since they were written or their Prometheus is gone.
func (s *claimStore) forget(prometheus types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, prometheus)
}
