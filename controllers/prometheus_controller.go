package controllers

import (
	"context"
	"errors"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=prometheuses;servicemonitors;podmonitors;probes;scrapeconfigs;prometheusrules,verbs=get;list;watch
// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=prometheuses/status;servicemonitors/status;podmonitors/status;probes/status;scrapeconfigs/status;prometheusrules/status,verbs=get;patch
// +kubebuilder:rbac:groups=monitoring.coreos.com,resources=prometheuses/finalizers,verbs=update
// +kubebuilder:rbac:groups=apps,resources=statefulsets,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=secrets;configmaps;services,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// PrometheusReconciler keeps everything that runs one Prometheus as its objects say.
type PrometheusReconciler struct {
	Client     client.Client // reads from the cache
	Live       client.Reader // reads from the API server
	References cache.Cache   // metadata of all Secrets and ConfigMaps
	Standings  *Standings    // where the verdicts on the selected objects go
	Options    world.Options
	Scope      world.Scope
	Limits     rules.Limits
	Access     Access // to the sidecars
	Workers    int
	Events     events.EventRecorder
	Repair     RepairPolicy
	Missing    map[world.Kind]string // kinds that can't be watched, and why

	observer *observer
	writer   *writer
	reporter *reporter

	changes *changes

	mu     sync.Mutex
	memory map[types.NamespacedName]*memory
}

// prometheusController is the controller's name in logs and metrics.
const prometheusController = "prometheus"

// memory is what is remembered of one Prometheus between passes. Losing it costs time, never a result.
type memory struct {
	planner *plan.Planner
	history *history
	ledger  *delivery.Ledger
	poked   map[string]time.Time
	written *v1.Prometheus // as it stood after the last write of its status
	// unpatchable is the API server's answer to the last poke, where it forbade it.
	unpatchable string
}

// catchUp gives p the status that the last pass wrote, if the cache does not show it yet. Nothing wakes us when it does, so a status
// that was judged unchanged by an older one would stay wrong.
func (m *memory) catchUp(p *v1.Prometheus) {
	if m.written == nil || m.written.UID != p.UID {
		return
	}
	if order, err := resourceversion.CompareResourceVersion(p.ResourceVersion, m.written.ResourceVersion); err == nil && order < 0 {
		p.Status = *m.written.Status.DeepCopy()
	}
}

// Reconcile observes, decides, applies and reports, in that order. It holds no rule of its own.
func (r *PrometheusReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	began := time.Now()
	var p v1.Prometheus
	err := r.Client.Get(ctx, req.NamespacedName, &p)
	if err != nil || p.DeletionTimestamp != nil || !r.Scope.Manages(&p) {
		r.forget(ctx, req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	after, errs := r.pass(ctx, &p)
	result, err := toQueue(after, errs)
	outcomes.note(prometheusController, req.NamespacedName, began, err)
	return result, err
}

// pass is one pass over one Prometheus. It returns when to look again without an event.
func (r *PrometheusReconciler) pass(ctx context.Context, p *v1.Prometheus) (time.Duration, []error) {
	name := client.ObjectKeyFromObject(p)
	m := r.remembered(name)
	m.catchUp(p)
	if p.Status.ObservedGeneration != p.Generation {
		r.changes.noticed(name, p.Generation, time.Now())
	}
	w, err := r.observer.observe(ctx, p)
	if err != nil {
		return 0, []error{err, r.report(ctx, p, status.Unobserved(p, err, time.Now()), m)}
	}
	w.Poked, w.Unpatchable = m.poked, m.unpatchable
	pl := m.plan(w)
	errs := r.apply(ctx, w, pl, m)
	r.Standings.tell(ctx, name, status.Standings(w, pl, m.ledger))
	measured.tell(name, status.MeasuresOf(w, pl))
	errs = append(errs, r.report(ctx, p, status.For(w, pl, errors.Join(errs...)), m))
	after := pl.LookAgain
	if w.Values.Incomplete() {
		after = delivery.Sooner(after, readAgain)
	}
	return after, errs
}

// plan measures how long planning takes.
func (m *memory) plan(w *world.World) plan.Plan {
	defer func(start time.Time) { planning.WithLabelValues().Observe(time.Since(start).Seconds()) }(time.Now())
	return m.planner.For(w)
}

// apply writes what differs, deletes what is surplus, pokes the pods that lag and asks all of them for the wanted sets.
func (r *PrometheusReconciler) apply(ctx context.Context, w *world.World, pl plan.Plan, m *memory) []error {
	if w.Prometheus.Spec.Paused {
		return nil
	}
	if len(pl.Claims) > 0 {
		r.observer.claims.forget(client.ObjectKeyFromObject(w.Prometheus))
	}
	errs := []error{r.writer.resize(ctx, pl.Claims, pl.Orphans)}
	published, err := r.writer.write(ctx, pl.Writes, m.history)
	errs = append(errs, err)
	if !published {
		return errs // a poke for a set that is not written would be wasted
	}
	if err == nil {
		if len(pl.Writes) > 0 {
			log.FromContext(ctx).Info("wrote", "objects", names(pl.Writes), "config", short(pl.Wanted.Config.Digest), "rules", short(pl.Wanted.Rules.Digest))
		}
		r.announce(w.Prometheus, pl.Shrinks)
		errs = append(errs, r.writer.prune(ctx, pl.Prune), r.repair(ctx, pl.Stuck)) // not before all pods can do without it
	}
	errs = append(errs, r.poke(ctx, w, pl.Delivery.Pokes, m))
	r.reporter.ask(client.ObjectKeyFromObject(w.Prometheus), w.Pods, pl.Wanted, servedBy(w))
	return errs
}

// poke pokes the pods that lag. Where that is forbidden all goes on at the kubelets' pace, and the status says so: it is no
// failure that trying again at once could mend.
func (r *PrometheusReconciler) poke(ctx context.Context, w *world.World, due []delivery.Poke, m *memory) error {
	var errs []error
	for _, p := range due {
		m.poked[p.Pod.Name] = time.Now()
		err := r.writer.poke(ctx, p)
		pokes.WithLabelValues(pokeResult(err)).Inc()
		m.unpatchable = ""
		if apierrors.IsForbidden(err) {
			m.unpatchable, err = err.Error(), nil
		}
		errs = append(errs, err)
	}
	w.Unpatchable = m.unpatchable
	return errors.Join(errs...)
}

// announce tells about the removal of most of what ran.
func (r *PrometheusReconciler) announce(p *v1.Prometheus, shrinks []plan.Shrink) {
	for _, s := range shrinks {
		what := map[contract.Domain]string{contract.Config: "scrape jobs", contract.Rules: "rule groups"}[s.Domain]
		r.Events.Eventf(p, nil, corev1.EventTypeWarning, "Shrunk", "Publish",
			"%d of %d %s were taken away in one step: see what was deleted, or is no longer selected", s.From-s.To, s.From, what)
	}
}

// report writes the status if it changed.
func (r *PrometheusReconciler) report(ctx context.Context, p *v1.Prometheus, st v1.PrometheusStatus, m *memory) error {
	if st.ObservedGeneration == p.Generation && st.Is(v1.Loaded, v1.ConditionTrue) {
		r.changes.loaded(string(world.Prometheus), client.ObjectKeyFromObject(p), p.Generation, time.Now())
	}
	if equality.Semantic.DeepEqual(p.Status, st) {
		return nil
	}
	next := p.DeepCopy()
	next.Status = st
	err := r.Client.Status().Patch(ctx, next, client.MergeFrom(p))
	if err == nil {
		m.written = next
	}
	return noteStatusWrite(prometheusController, client.IgnoreNotFound(err))
}

func (r *PrometheusReconciler) remembered(name types.NamespacedName) *memory {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memory[name] == nil {
		r.memory[name] = &memory{planner: plan.NewPlanner(r.Limits), history: newHistory(), ledger: delivery.NewLedger(), poked: map[string]time.Time{}}
	}
	return r.memory[name]
}

func (r *PrometheusReconciler) forget(ctx context.Context, name types.NamespacedName) {
	r.mu.Lock()
	delete(r.memory, name)
	r.mu.Unlock()
	r.observer.values.note(name, nil)
	r.observer.claims.forget(name)
	r.reporter.ask(name, nil, delivery.Wanted{}, certificate{})
	r.Standings.tell(ctx, name, nil)
	r.changes.forget(name)
	outcomes.forget(prometheusController, name)
	measured.forget(name)
}

// prepare makes the reconciler's parts; references has the metadata of all Secrets and ConfigMaps.
func (r *PrometheusReconciler) prepare(references client.Reader) {
	r.memory = map[types.NamespacedName]*memory{}
	r.changes = newChanges()
	r.reporter = newReporter(r.Access)
	r.writer = &writer{client: r.Client, live: r.Live}
	r.observer = &observer{
		cached: r.Client, live: r.Live, values: newValueStore(references, r.Live), claims: newClaimStore(r.Live), reports: r.reporter,
		options: r.Options, scope: r.Scope, missing: r.Missing,
	}
	outcomes.prepare(prometheusController)
	for gate := range world.FeatureGates() {
		featureGate.WithLabelValues(gate).Set(number(r.Options.Enabled(gate)))
	}
}

// SetupWithManager wires the reconciler to all that bears on a Prometheus.
func (r *PrometheusReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.prepare(r.References)
	watched := []client.Object{&v1.Prometheus{}, &appsv1.StatefulSet{}, &corev1.Secret{}, &corev1.ConfigMap{}, &corev1.Service{}, &corev1.Pod{}, &corev1.Namespace{}}
	warm := &warmUp{controller: prometheusController, cache: mgr.GetCache(), objects: watched}
	if err := errors.Join(mgr.Add(r.reporter), mgr.Add(warm)); err != nil {
		return err
	}
	every := func(client.Object) bool { return true }
	b := ctrl.NewControllerManagedBy(mgr).For(&v1.Prometheus{}, builder.WithPredicates(written, triggers("Prometheus", r.manages))).
		WithOptions(controller.Options{MaxConcurrentReconciles: r.Workers}).
		Owns(&appsv1.StatefulSet{}, builder.WithPredicates(triggers("StatefulSet", madeForPrometheus))).
		Owns(&corev1.Secret{}).
		Owns(&corev1.ConfigMap{}).
		Owns(&corev1.Service{}, builder.MatchEveryOwner).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(prometheusOfPod)).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.everyPrometheus), builder.WithPredicates(predicate.LabelChangedPredicate{}, triggers("Namespace", every))).
		WatchesRawSource(source.Channel(r.reporter.events, &handler.EnqueueRequestForObject{}))
	for kind, object := range seeableKinds(r.Missing) {
		b = b.Watches(object, r.whoSelects(kind), builder.WithPredicates(written, triggers(string(kind), every)))
	}
	for _, src := range r.referenceSources(r.References) {
		b = b.WatchesRawSource(src)
	}
	return b.Complete(r)
}

// names lists objects for the log.
func names(objects []workload.Object) []string {
	out := make([]string, len(objects))
	for i, o := range objects {
		out[i] = o.GetObjectKind().GroupVersionKind().Kind + "/" + o.GetName()
	}
	return out
}

// short cuts a digest for the log.
func short(digest string) string {
	return digest[:min(len(digest), 12)]
}
