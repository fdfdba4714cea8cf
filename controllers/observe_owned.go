package controllers

import (
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/world"
)

// podLabel is on every pod of a Prometheus, under today's layout and the one of v0.40.
const podLabel = "prometheus"

// owned reads what was written before for this Prometheus.
func (o *observer) owned(ctx context.Context, w *world.World) error {
	for _, read := range []func(context.Context, *world.World) error{o.ownedSecrets, o.ownedConfigMaps, o.ownedWorkloads} {
		if err := read(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (o *observer) ownedSecrets(ctx context.Context, w *world.World) error {
	var list corev1.SecretList
	if err := o.listOwned(ctx, w, &list); err != nil {
		return err
	}
	for _, s := range living(list.Items) {
		switch {
		case s.Name == world.WorkloadName(w.Prometheus.Name):
			w.Owned.ConfigSecret = s
		case s.Name == world.ConfigManifestName(w.Prometheus.Name):
			w.Owned.ConfigManifest = s
		case metav1.IsControlledBy(s, w.Prometheus):
			w.Owned.Secrets = append(w.Owned.Secrets, s)
		}
	}
	if w.Owned.ConfigSecret == nil {
		return o.foreignConfigSecret(ctx, w)
	}
	return nil
}

// foreignConfigSecret looks past the cache, which holds only what carries our label: in the unmanaged mode the Secret is the
// user's own and must never be overwritten.
func (o *observer) foreignConfigSecret(ctx context.Context, w *world.World) error {
	var s corev1.Secret
	key := client.ObjectKey{Namespace: w.Prometheus.Namespace, Name: world.WorkloadName(w.Prometheus.Name)}
	err := o.live.Get(ctx, key, &s)
	if err == nil {
		w.Owned.ConfigSecret = &s
	}
	return client.IgnoreNotFound(err)
}

func (o *observer) ownedConfigMaps(ctx context.Context, w *world.World) error {
	var list corev1.ConfigMapList
	if err := o.listOwned(ctx, w, &list); err != nil {
		return err
	}
	byName := map[string]*corev1.ConfigMap{}
	for _, cm := range living(list.Items) {
		byName[cm.Name] = cm
	}
	w.Owned.RulesManifest = byName[world.RulesManifestName(w.Prometheus.Name)]
	// The names of all shards that may exist, in the order of their numbers; there are never more than ConfigMaps.
	for n := range len(list.Items) + w.Options.RuleShards {
		if cm := byName[world.RuleShardName(w.Prometheus.Name, n)]; cm != nil {
			w.Owned.RuleShards = append(w.Owned.RuleShards, cm)
		}
	}
	return nil
}

func (o *observer) ownedWorkloads(ctx context.Context, w *world.World) error {
	var sets appsv1.StatefulSetList
	if err := o.cached.List(ctx, &sets, client.UnsafeDisableDeepCopy, client.InNamespace(w.Prometheus.Namespace)); err != nil {
		return err
	}
	for _, s := range living(sets.Items) {
		if metav1.IsControlledBy(s, w.Prometheus) {
			w.Owned.StatefulSets = append(w.Owned.StatefulSets, s)
		}
	}
	// Sorted by name, shard 10 would stand before shard 2.
	slices.SortStableFunc(w.Owned.StatefulSets, func(a, b *appsv1.StatefulSet) int {
		return world.ShardOf(w.Prometheus.Name, a.Name) - world.ShardOf(w.Prometheus.Name, b.Name)
	})
	var services corev1.ServiceList
	if err := o.listOwned(ctx, w, &services); err != nil {
		return err
	}
	w.Owned.Services = living(services.Items)
	return nil
}

// listOwned lists what the operator made in the namespace of the Prometheus.
func (o *observer) listOwned(ctx context.Context, w *world.World, list client.ObjectList) error {
	return o.cached.List(ctx, list, client.UnsafeDisableDeepCopy, client.InNamespace(w.Prometheus.Namespace),
		client.MatchingLabels{world.ManagedByLabel: world.ManagedByValue})
}
