package controllers

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// observer is the only part of the operator that fills in a World.
type observer struct {
	cached  client.Reader
	live    client.Reader
	values  *valueStore
	claims  *claimStore
	reports *reporter
	options world.Options
	scope   world.Scope
	missing map[world.Kind]string
}

// observe reads everything that bears on p. Objects come from the cache and are shared with it; a value that can't be read is
// noted in the World and does not fail the observation.
func (o *observer) observe(ctx context.Context, p *v1.Prometheus) (*world.World, error) {
	w := &world.World{Now: time.Now(), Options: o.options, Prometheus: p, Unseen: o.missing, Salt: make([]byte, 32)}
	if _, err := rand.Read(w.Salt); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, *world.World) error{
		o.namespaces, o.selectable, o.owned, o.claims.observe, o.pods, o.referenced,
	} {
		if err := read(ctx, w); err != nil {
			return nil, fmt.Errorf("observing Prometheus %s/%s: %w", p.Namespace, p.Name, err)
		}
	}
	return w, nil
}

func (o *observer) namespaces(ctx context.Context, w *world.World) error {
	var list corev1.NamespaceList
	if err := o.cached.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	w.Namespaces = make(map[string]labels.Set, len(list.Items))
	for _, ns := range list.Items {
		w.Namespaces[ns.Name] = ns.Labels
	}
	return nil
}

func (o *observer) selectable(ctx context.Context, w *world.World) error {
	var (
		serviceMonitors v1.ServiceMonitorList
		podMonitors     v1.PodMonitorList
		probes          v1.ProbeList
		scrapeConfigs   v1alpha1.ScrapeConfigList
		rules           v1.PrometheusRuleList
	)
	lists := map[world.Kind]client.ObjectList{
		world.ServiceMonitor: &serviceMonitors, world.PodMonitor: &podMonitors, world.Probe: &probes,
		world.ScrapeConfig: &scrapeConfigs, world.PrometheusRule: &rules,
	}
	for _, kind := range world.Selectable {
		if o.missing[kind] != "" {
			continue
		}
		if err := o.cached.List(ctx, lists[kind], client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
	}
	w.ServiceMonitors = seen(o.scope, living(serviceMonitors.Items))
	w.PodMonitors = seen(o.scope, living(podMonitors.Items))
	w.Probes = seen(o.scope, living(probes.Items))
	w.ScrapeConfigs = seen(o.scope, living(scrapeConfigs.Items))
	w.Rules = seen(o.scope, living(rules.Items))
	return nil
}

// seen leaves out objects of namespaces that are not the operator's business.
func seen[P metav1.Object](scope world.Scope, objects []P) []P {
	return slices.DeleteFunc(objects, func(o P) bool { return !scope.Sees(o.GetNamespace()) })
}

// living returns pointers to the items that are not being deleted, sorted by namespace and name.
func living[T any, P interface {
	*T
	metav1.Object
}](items []T) []P {
	out := make([]P, 0, len(items))
	for i := range items {
		if item := P(&items[i]); item.GetDeletionTimestamp() == nil {
			out = append(out, item)
		}
	}
	slices.SortFunc(out, func(a, b P) int {
		if c := strings.Compare(a.GetNamespace(), b.GetNamespace()); c != 0 {
			return c
		}
		return strings.Compare(a.GetName(), b.GetName())
	})
	return out
}

// referenced reads the values that the selected objects refer to.
func (o *observer) referenced(ctx context.Context, w *world.World) error {
	w.Values = o.values.read(ctx, client.ObjectKeyFromObject(w.Prometheus), references(w, selection.For(w)))
	return nil
}

func (o *observer) pods(ctx context.Context, w *world.World) error {
	var list corev1.PodList
	err := o.cached.List(ctx, &list, client.UnsafeDisableDeepCopy, client.InNamespace(w.Prometheus.Namespace),
		client.MatchingLabels{podLabel: w.Prometheus.Name})
	if err != nil {
		return err
	}
	mine := func(pod *corev1.Pod) bool {
		return slices.ContainsFunc(w.Owned.StatefulSets, func(s *appsv1.StatefulSet) bool { return metav1.IsControlledBy(pod, s) })
	}
	for _, pod := range living(list.Items) {
		if mine(pod) {
			w.Pods = append(w.Pods, pod)
		}
	}
	w.Reports = o.reports.of(w.Pods)
	return nil
}
