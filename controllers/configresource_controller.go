package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

// notSpokenYet is how long to wait for a Prometheus that was not looked at since the operator started.
const notSpokenYet = time.Second

// ConfigResourceReconciler writes the status of one kind of selectable object, and an event when its verdict changes.
type ConfigResourceReconciler struct {
	Client    client.Client
	Events    recorder.EventRecorder
	Standings *Standings
	Scope     world.Scope
	Writes    *rate.Limiter // shared by all kinds: 10,000 objects going live are not 10,000 writes a second

	kind world.Kind
	new  func() client.Object
}

// Reconcile computes the status from what every Prometheus says and writes it on a transition.
func (r *ConfigResourceReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o := r.new()
	if err := r.Client.Get(ctx, req.NamespacedName, o); err != nil || o.GetDeletionTimestamp() != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	var all v1.PrometheusList
	if err := r.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return ctrl.Result{}, err
	}
	all.Items = slices.DeleteFunc(all.Items, func(p v1.Prometheus) bool { return !r.Scope.Manages(&p) })
	standings, complete := r.Standings.of(world.Object{Kind: r.kind, NamespacedName: req.NamespacedName}, all.Items)
	if !complete {
		return ctrl.Result{RequeueAfter: notSpokenYet}, nil
	}
	old := statusOf(o)
	next := status.ForConfigResource(*old, o.GetGeneration(), standings, time.Now())
	if equality.Semantic.DeepEqual(*old, next) {
		return ctrl.Result{}, nil
	}
	if turn := r.Writes.Reserve(); turn.Delay() > 0 {
		wait := turn.Delay()
		turn.Cancel()
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	r.announce(o, status.Turned(*old, next))
	before := o.DeepCopyObject().(client.Object)
	*old = next
	return ctrl.Result{}, client.IgnoreNotFound(r.Client.Status().Patch(ctx, o, client.MergeFrom(before)))
}

// announce tells the owner of an object about each Prometheus whose verdict turned.
func (r *ConfigResourceReconciler) announce(o client.Object, turned []status.Turn) {
	for _, t := range turned {
		prometheus := &v1.Prometheus{}
		prometheus.SetGroupVersionKind(v1.GroupVersion.WithKind(string(world.Prometheus)))
		prometheus.Namespace, prometheus.Name = t.Prometheus.Namespace, t.Prometheus.Name
		kind := corev1.EventTypeWarning
		if t.Verdict.Accepted() {
			kind, t.Verdict = corev1.EventTypeNormal, world.Verdict{Reason: "Accepted", Message: "taken again"}
		}
		r.Events.Eventf(o, prometheus, kind, t.Verdict.Reason, "Select", "Prometheus %s: %s", t.Prometheus, t.Verdict.Message)
	}
}

// statusOf returns the status inside o, to be read and replaced.
func statusOf(o client.Object) *v1.ConfigResourceStatus {
	switch o := o.(type) {
	case *v1.ServiceMonitor:
		return &o.Status
	case *v1.PodMonitor:
		return &o.Status
	case *v1.Probe:
		return &o.Status
	case *v1.PrometheusRule:
		return &o.Status
	case *v1alpha1.ScrapeConfig:
		return &o.Status
	}
	panic(fmt.Sprintf("%T is not a kind that a Prometheus selects", o)) // a mistake in SetupWithManager, found by its first test
}

// SetupConfigResources registers a reconciler for each selectable kind; r is their template.
func SetupConfigResources(mgr ctrl.Manager, r ConfigResourceReconciler) error {
	for kind, object := range selectableKinds() {
		one := r
		one.kind = kind
		one.new = func() client.Object { return object.DeepCopyObject().(client.Object) }
		queue := handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, o world.Object) []reconcile.Request {
			return []reconcile.Request{{NamespacedName: o.NamespacedName}}
		})
		err := ctrl.NewControllerManagedBy(mgr).For(object, builder.WithPredicates(written)).
			WatchesRawSource(source.TypedChannel(r.Standings.channels[one.kind], queue)).
			Complete(&one)
		if err != nil {
			return err
		}
	}
	return nil
}
