package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	kselection "k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// selectableKinds are world.Selectable, each with an object to watch it by.
func selectableKinds() map[world.Kind]client.Object {
	return map[world.Kind]client.Object{
		world.ServiceMonitor: &v1.ServiceMonitor{},
		world.PodMonitor:     &v1.PodMonitor{},
		world.Probe:          &v1.Probe{},
		world.ScrapeConfig:   &v1alpha1.ScrapeConfig{},
		world.PrometheusRule: &v1.PrometheusRule{},
	}
}

// seeableKinds are those of them that can be watched.
func seeableKinds(missing map[world.Kind]string) map[world.Kind]client.Object {
	kinds := selectableKinds()
	for kind := range missing {
		delete(kinds, kind)
	}
	return kinds
}

// written passes over our own status writes: only what a user wrote can change an outcome.
var written = predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.LabelChangedPredicate{}, predicate.AnnotationChangedPredicate{})

// whoSelects asks for every Prometheus that selects an object of kind. On a change the handler asks for the old object and the
// new one, so the Prometheus that no longer selects it is looked at too.
func (r *PrometheusReconciler) whoSelects(kind world.Kind) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		var ns corev1.Namespace
		if err := r.Client.Get(ctx, types.NamespacedName{Name: o.GetNamespace()}, &ns); err != nil {
			return r.everyPrometheus(ctx, o) // rather once too often
		}
		return r.prometheuses(ctx, func(p *v1.Prometheus) bool {
			selector, err := selection.SelectorOf(p, kind)
			return err == nil && selector.Selects(o, ns.Labels)
		})
	})
}

// everyPrometheus asks for all of them: a namespace's labels bear on any selector.
func (r *PrometheusReconciler) everyPrometheus(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.prometheuses(ctx, func(*v1.Prometheus) bool { return true })
}

func (r *PrometheusReconciler) prometheuses(ctx context.Context, keep func(*v1.Prometheus) bool) []reconcile.Request {
	var list v1.PrometheusList
	if err := r.Client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "listing Prometheuses from the cache")
		return nil
	}
	var out []reconcile.Request
	for i := range list.Items {
		if r.Scope.Manages(&list.Items[i]) && keep(&list.Items[i]) {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return out
}

// manages reports whether the object is a Prometheus of this operator.
func (r *PrometheusReconciler) manages(o client.Object) bool {
	p, ok := o.(*v1.Prometheus)
	return ok && r.Scope.Manages(p)
}

// madeForPrometheus reports whether a Prometheus, of any operator, owns the object.
func madeForPrometheus(o client.Object) bool {
	owner := metav1.GetControllerOf(o)
	return owner != nil && owner.Kind == string(world.Prometheus)
}

func prometheusOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	name := pod.GetLabels()[podLabel]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: pod.GetNamespace(), Name: name}}}
}

// referenceSources watch the metadata of all Secrets and ConfigMaps for those that a Prometheus, or what it selects, refers to.
func (r *PrometheusReconciler) referenceSources(refs cache.Cache) []source.Source {
	var out []source.Source
	for _, kind := range []world.Source{world.FromSecret, world.FromConfigMap} {
		meta := &metav1.PartialObjectMetadata{}
		meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(kind)))
		users := func(_ context.Context, o *metav1.PartialObjectMetadata) []reconcile.Request {
			var out []reconcile.Request
			for _, user := range r.observer.values.usersOf(holder{source: kind, NamespacedName: client.ObjectKeyFromObject(o)}) {
				out = append(out, reconcile.Request{NamespacedName: user})
			}
			return out
		}
		used := triggers(string(kind), func(o *metav1.PartialObjectMetadata) bool { return len(users(context.Background(), o)) > 0 })
		out = append(out, source.Kind(refs, meta, handler.TypedEnqueueRequestsFromMapFunc(users), used))
	}
	return out
}

// PodRequirement selects the pods that the operator needs in its cache.
func PodRequirement() labels.Requirement {
	r, err := labels.NewRequirement(podLabel, kselection.Exists, nil)
	utilruntime.Must(err) // a constant key and operator
	return *r
}
