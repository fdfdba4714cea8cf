package controllers

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
)

// Names that begin with prometheus_operator_ are upstream's, with its labels. config/prometheus/metrics.yaml lists them all.
var (
	reconciles      = counter("prometheus_operator_reconcile_operations_total", "Reconciliations.", "controller")
	reconcileErrors = counter("prometheus_operator_reconcile_errors_total", "Reconciliations that failed.", "controller")
	statusWrites    = counter("prometheus_operator_status_update_operations_total", "Status writes.", "controller")
	statusErrors    = counter("prometheus_operator_status_update_errors_total", "Status writes that failed.", "controller")
	unaddressed     = counter("prometheus_operator_node_address_lookup_errors_total", "Nodes without a usable address, at each look.")
	ready           = gauge("prometheus_operator_ready", "1 when the controller's caches are filled.", "controller")
	triggered       = counter("prometheus_operator_triggered_total", "Events that ask for a look at Prometheuses.", "controller", "triggered_by", "action")
	recreated       = counter("prometheus_operator_reconcile_sts_delete_create_total", "StatefulSets that were made anew around their pods.", "controller")
	nodeSyncs       = counter("prometheus_operator_node_syncs_total", "Writes of the endpoints of the kubelets.", "resource")
	nodeSyncErrors  = counter("prometheus_operator_node_syncs_failed_total", "Writes of the endpoints of the kubelets that failed.", "resource")
	kubeletManaged  = gauge("prometheus_operator_kubelet_managed_resource", "1 when the resource is kept for the Service of the kubelets.", "resource")
	featureGate     = gauge("prometheus_operator_feature_gate", "1 when the gate is on.", "name")
	buildInfo       = gauge("prometheus_operator_build_info", "1; the labels say what was built.", "version", "revision", "branch", "goversion", "goos", "goarch", "tags")
	durations       = prometheus.NewHistogramVec(prometheus.HistogramOpts{ // native as well, with upstream's resolution
		Name: "prometheus_operator_reconcile_duration_seconds", Help: "Duration of reconciliations.", Buckets: []float64{0.1, 0.5, 1, 5, 10},
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}, []string{"controller"})
	pokes          = counter("promloop_pokes_total", "Patches of a pod's release annotation, by result.", "result")
	polls          = counter("promloop_polls_total", "Answers of sidecars to the question what is loaded, by result.", "result")
	refusals       = counter("promloop_refusals_total", "Sets that a pod's Prometheus refused, by domain.", "domain")
	planning       = histogram("promloop_plan_seconds", "Time to render and plan all of one Prometheus.", prometheus.ExponentialBuckets(0.001, 2, 14))
	changeToLoaded = histogram("promloop_change_to_loaded_seconds",
		"From an object's change to its being loaded by every replica of every Prometheus that selects it.",
		[]float64{0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 90, 120, 300, 900}, "kind")

	outcomes = &syncs{by: map[string]map[types.NamespacedName]bool{}}
	measured = &measures{}
)

func init() {
	metrics.Registry.MustRegister(reconciles, reconcileErrors, statusWrites, statusErrors, unaddressed, ready, pokes, polls, refusals,
		triggered, recreated, nodeSyncs, nodeSyncErrors, kubeletManaged, featureGate, buildInfo, durations, planning, changeToLoaded, lists, listErrors, watches, watchErrors, outcomes, measured)
	// Series that exist from the start can be seen to grow.
	unaddressed.WithLabelValues()
	planning.WithLabelValues()
	recreated.WithLabelValues(prometheusController)
	for _, result := range []string{pokeOK, pokeForbidden, pokeFailed} {
		pokes.WithLabelValues(result)
	}
	for _, result := range []delivery.Progress{delivery.Loaded, delivery.Pending, delivery.Refused, delivery.Unknown} {
		polls.WithLabelValues(stateOf[result])
	}
	for _, domain := range []contract.Domain{contract.Config, contract.Rules} {
		refusals.WithLabelValues(string(domain))
	}
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// Results of a poke.
const (
	pokeOK        = "ok"
	pokeForbidden = "forbidden"
	pokeFailed    = "failed"
)

func pokeResult(err error) string {
	switch {
	case err == nil:
		return pokeOK
	case apierrors.IsForbidden(err):
		return pokeForbidden
	}
	return pokeFailed
}

// stateOf names the progress of a replica in labels.
var stateOf = map[delivery.Progress]string{
	delivery.Loaded: "loaded", delivery.Pending: "waiting", delivery.Refused: "refused", delivery.Unknown: "unknown",
}

// noteStatusWrite counts a status write of a controller and returns its error.
func noteStatusWrite(controller string, err error) error {
	statusWrites.WithLabelValues(controller).Inc()
	if err != nil {
		statusErrors.WithLabelValues(controller).Inc()
	}
	return err
}

// ExportBuild exports which version of the operator runs, such as v0.1.0.
func ExportBuild(operator string) {
	buildInfo.WithLabelValues(strings.TrimPrefix(operator, "v"), version.GetRevision(), version.Branch, version.GoVersion, version.GoOS, version.GoArch, version.GetTags()).Set(1)
}

// triggers lets all events on a kind pass, and counts those on objects that bear on a Prometheus.
func triggers[T client.Object](kind string, bears func(T) bool) predicate.TypedFuncs[T] {
	note := func(action string, o T) bool {
		if bears(o) {
			triggered.WithLabelValues(prometheusController, kind, action).Inc()
		}
		return true
	}
	return predicate.TypedFuncs[T]{
		CreateFunc: func(e event.TypedCreateEvent[T]) bool { return note("add", e.Object) },
		UpdateFunc: func(e event.TypedUpdateEvent[T]) bool { return note("update", e.ObjectNew) },
		DeleteFunc: func(e event.TypedDeleteEvent[T]) bool { return note("delete", e.Object) },
	}
}

// number is a truth as gauges have it.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
