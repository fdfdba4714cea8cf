package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/promloop/promloop/internal/kubelet"
	"github.com/promloop/promloop/internal/workload"
)

// +kubebuilder:rbac:groups="",resources=nodes,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=endpoints,verbs=get;create;patch
// +kubebuilder:rbac:groups=discovery.k8s.io,resources=endpointslices,verbs=get;list;watch;create;patch;delete

// KubeletReconciler keeps the Service of the kubelets and its endpoints up to date with the nodes.
type KubeletReconciler struct {
	Client   client.Client
	Live     client.Reader
	Options  kubelet.Options
	Selector labels.Selector // of the nodes
	Every    time.Duration   // how often to look without an event

	history *history
}

// Reconcile writes what the nodes ask for. There is one request, for the Service.
func (r *KubeletReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	began := time.Now()
	result, err := toQueue(r.Every, r.pass(ctx))
	outcomes.note(kubeletController, req.NamespacedName, began, err)
	return result, err
}

// kubeletController is the controller's name in logs and metrics.
const kubeletController = "kubelet"

func (r *KubeletReconciler) pass(ctx context.Context) []error {
	var nodes corev1.NodeList
	if err := r.Client.List(ctx, &nodes, client.UnsafeDisableDeepCopy, client.MatchingLabelsSelector{Selector: r.Selector}); err != nil {
		return []error{err}
	}
	w := &writer{client: r.Client, live: r.Live}
	_, unserved := w.write(ctx, []workload.Object{kubelet.Service(r.Options)}, r.history)
	primary, err := r.primary(ctx)
	if err != nil {
		return []error{unserved, err}
	}
	objects := kubelet.For(living(nodes.Items), primary, r.Options)
	unaddressed.WithLabelValues().Add(float64(len(objects.Unaddressed)))
	if len(objects.Unaddressed) > 0 {
		log.FromContext(ctx).Info("nodes without an address are left out", "nodes", objects.Unaddressed)
	}
	errs := []error{unserved}
	if r.Options.EndpointSlices {
		errs = append(errs, r.sync(ctx, w, kubeletSlices, asObjects(objects.EndpointSlices)))
	}
	if r.Options.Endpoints { // after the slices, because the Endpoints' label ends those that Kubernetes mirrored
		errs = append(errs, r.sync(ctx, w, kubeletEndpoints, []workload.Object{objects.Endpoints}))
	}
	return append(errs, r.prune(ctx, w, objects.EndpointSlices))
}

// What is kept for the Service, as upstream's metrics call it.
const (
	kubeletEndpoints = "endpoints"
	kubeletSlices    = "endpointslice"
)

// sync writes one of the two and counts it.
func (r *KubeletReconciler) sync(ctx context.Context, w *writer, resource string, objects []workload.Object) error {
	_, err := w.write(ctx, objects, r.history)
	nodeSyncs.WithLabelValues(resource).Inc()
	if err != nil {
		nodeSyncErrors.WithLabelValues(resource).Inc()
	}
	return err
}

func asObjects(endpointSlices []*discoveryv1.EndpointSlice) []workload.Object {
	out := make([]workload.Object, len(endpointSlices))
	for i, s := range endpointSlices {
		out[i] = s
	}
	return out
}

// primary is the family of addresses that the Service prefers, which the API server fills in; "" while there is no Service.
func (r *KubeletReconciler) primary(ctx context.Context) (corev1.IPFamily, error) {
	var service corev1.Service
	if err := r.Live.Get(ctx, r.Options.Service, &service); client.IgnoreNotFound(err) != nil {
		return "", fmt.Errorf("reading the Service of the kubelets: %w", err)
	}
	if len(service.Spec.IPFamilies) == 0 {
		return "", nil
	}
	return service.Spec.IPFamilies[0], nil
}

// prune deletes our slices that the nodes do not fill any more.
func (r *KubeletReconciler) prune(ctx context.Context, w *writer, wanted []*discoveryv1.EndpointSlice) error {
	var list discoveryv1.EndpointSliceList
	err := r.Live.List(ctx, &list, client.InNamespace(r.Options.Service.Namespace), client.MatchingLabels(kubelet.Selector(r.Options)))
	if err != nil {
		return fmt.Errorf("listing the EndpointSlices of the kubelets: %w", err)
	}
	return w.prune(ctx, asObjects(kubelet.Surplus(living(list.Items), wanted)))
}

// prepare makes the reconciler's memory, and the series of what it keeps.
func (r *KubeletReconciler) prepare() {
	r.history = newHistory()
	outcomes.prepare(kubeletController)
	for resource, kept := range map[string]bool{kubeletEndpoints: r.Options.Endpoints, kubeletSlices: r.Options.EndpointSlices} {
		kubeletManaged.WithLabelValues(resource).Set(number(kept))
		nodeSyncs.WithLabelValues(resource)
		nodeSyncErrors.WithLabelValues(resource)
	}
}

// SetupWithManager looks at the nodes at the start, when one comes, goes, changes its address or falls silent, and at Every.
func (r *KubeletReconciler) SetupWithManager(mgr ctrl.Manager) error {
	service := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: r.Options.Service.Namespace, Name: r.Options.Service.Name}}
	toService := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request { return []reconcile.Request{service} })
	moved := predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*corev1.Node), e.ObjectNew.(*corev1.Node)
		return !equality.Semantic.DeepEqual(before.Status.Addresses, after.Status.Addresses) ||
			!equality.Semantic.DeepEqual(before.Labels, after.Labels) || kubelet.Heard(before) != kubelet.Heard(after)
	}}
	r.prepare()
	return ctrl.NewControllerManagedBy(mgr).Named(kubeletController).Watches(&corev1.Node{}, toService, builder.WithPredicates(moved)).Complete(r)
}
