package controllers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

// transientFor is how long a state that ends by itself stays unwritten: most changes are loaded before.
const transientFor = time.Second

// notSpokenYet is how long to wait at most for a Prometheus that selects an object and was not looked at since the operator started.
// When it speaks, it has all that it selects looked at.
const notSpokenYet = time.Minute

// ConfigResourceReconciler writes the status of one kind of selectable object, and an event when its verdict changes.
type ConfigResourceReconciler struct {
	Client    client.Client
	Events    events.EventRecorder
	Standings *Standings
	Scope     world.Scope
	Missing   map[world.Kind]string // kinds that can't be watched, and why
	Writes    *rate.Limiter         // shared by all kinds: 10,000 objects going live are not 10,000 writes a second

	kind    world.Kind
	new     func() client.Object
	changes *changes
	turns   *turns
}

// Reconcile computes the status from what every Prometheus says and writes it on a transition.
func (r *ConfigResourceReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	if !r.Scope.Sees(req.Namespace) {
		return ctrl.Result{}, nil
	}
	o, began := r.new(), time.Now()
	if err := r.Client.Get(ctx, req.NamespacedName, o); err != nil || o.GetDeletionTimestamp() != nil {
		r.changes.forget(req.NamespacedName)
		r.turns.forget(req.NamespacedName)
		outcomes.forget(r.name(), req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	after, err := r.pass(ctx, o)
	result, err := toQueue(after, []error{err})
	outcomes.note(r.name(), req.NamespacedName, began, err)
	return result, err
}

// pass looks at one object. It returns when to look again without an event.
func (r *ConfigResourceReconciler) pass(ctx context.Context, o client.Object) (time.Duration, error) {
	name, now := client.ObjectKeyFromObject(o), time.Now()
	old := statusOf(o)
	if old.Observed() != o.GetGeneration() {
		r.changes.noticed(name, o.GetGeneration(), now)
	}
	ours, others, err := r.prometheuses(ctx)
	if err != nil {
		return 0, err
	}
	standings, silent := r.Standings.of(world.Object{Kind: r.kind, NamespacedName: name}, ours)
	var left map[types.NamespacedName]world.Verdict
	if len(standings) == 0 || len(silent) > 0 {
		if left, err = r.whyNot(ctx, o, slices.Concat(ours, others)); err != nil {
			return 0, err
		}
	}
	selects := func(p types.NamespacedName) bool { return left[p].Accepted() } // or is not among them
	if slices.ContainsFunc(silent, selects) {
		return notSpokenYet, nil
	}
	if len(standings) == 0 && slices.ContainsFunc(others, func(p v1.Prometheus) bool { return selects(client.ObjectKeyFromObject(&p)) }) {
		return 0, nil // it is for another operator to tell
	}
	next := status.ForConfigResource(*old, o.GetGeneration(), status.Opinions{Standings: standings, Left: left, Others: keysOf(others)}, now)
	if meta.IsStatusConditionTrue(next.Conditions, string(v1.Loaded)) {
		r.changes.loaded(string(r.kind), name, o.GetGeneration(), now)
	}
	if equality.Semantic.DeepEqual(*old, next) {
		return 0, nil
	}
	if age, ok := r.changes.since(name, now); ok && age < transientFor && status.Passing(next) {
		return transientFor - age, nil
	}
	if wait := r.turns.wait(name, now); wait > 0 {
		return wait, nil
	}
	return 0, r.write(ctx, o, next)
}

// prometheuses lists those that this operator looks at, and those of others. One that is being deleted may stay for long, and is
// looked at no more.
func (r *ConfigResourceReconciler) prometheuses(ctx context.Context) (ours, others []v1.Prometheus, err error) {
	var all v1.PrometheusList
	err = r.Client.List(ctx, &all, client.UnsafeDisableDeepCopy)
	for _, p := range all.Items {
		switch {
		case p.DeletionTimestamp != nil:
		case r.Scope.Manages(&p):
			ours = append(ours, p)
		default:
			others = append(others, p)
		}
	}
	return ours, others, err
}

func keysOf(all []v1.Prometheus) []types.NamespacedName {
	out := make([]types.NamespacedName, len(all))
	for i := range all {
		out[i] = client.ObjectKeyFromObject(&all[i])
	}
	return out
}

// write writes the status and announces what turned.
func (r *ConfigResourceReconciler) write(ctx context.Context, o client.Object, next v1.ConfigResourceStatus) error {
	old := statusOf(o)
	turned := status.Turned(*old, next)
	before := o.DeepCopyObject().(client.Object)
	*old = next
	err := r.Client.Status().Patch(ctx, o, client.MergeFrom(before))
	if err == nil {
		r.announce(o, turned)
	}
	return noteStatusWrite(r.name(), client.IgnoreNotFound(err))
}

// name is the controller's name in logs and metrics.
func (r *ConfigResourceReconciler) name() string { return strings.ToLower(string(r.kind)) }

// invalidConfiguration is the reason of the event on an object that is not wholly used. It is upstream's, which exporters of events and
// alerts go by; the verdict's own reason begins the note.
const invalidConfiguration = "InvalidConfiguration"

// announce tells the owner of an object about each Prometheus whose verdict turned.
func (r *ConfigResourceReconciler) announce(o client.Object, turned []status.Turn) {
	for _, t := range turned {
		prometheus := &v1.Prometheus{}
		prometheus.SetGroupVersionKind(v1.GroupVersion.WithKind(string(world.Prometheus)))
		prometheus.Namespace, prometheus.Name = t.Prometheus.Namespace, t.Prometheus.Name
		if t.Verdict.Accepted() {
			r.Events.Eventf(o, prometheus, corev1.EventTypeNormal, status.Accepted, "Select", "Prometheus %s: taken again", t.Prometheus)
			continue
		}
		r.Events.Eventf(o, prometheus, corev1.EventTypeWarning, invalidConfiguration, "Select", "%s: Prometheus %s: %s", t.Verdict.Reason, t.Prometheus, t.Verdict.Message)
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
	for kind, object := range seeableKinds(r.Missing) {
		one := r
		one.kind, one.changes, one.turns = kind, newChanges(), newTurns(r.Writes)
		one.new = func() client.Object { return object.DeepCopyObject().(client.Object) }
		outcomes.prepare(one.name())
		changeToLoaded.WithLabelValues(string(kind))
		if err := mgr.Add(&warmUp{controller: one.name(), cache: mgr.GetCache(), objects: []client.Object{object}}); err != nil {
			return err
		}
		queue := handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, o world.Object) []reconcile.Request {
			return []reconcile.Request{{NamespacedName: o.NamespacedName}}
		})
		err := ctrl.NewControllerManagedBy(mgr).For(object, builder.WithPredicates(written)).
			WatchesRawSource(source.TypedChannel(r.Standings.channels[one.kind], queue)).
			Watches(&v1.Prometheus{}, handler.EnqueueRequestsFromMapFunc(one.unselected), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
			Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(one.unselected), builder.WithPredicates(predicate.LabelChangedPredicate{})).
			Complete(&one)
		if err != nil {
			return err
		}
	}
	return nil
}
