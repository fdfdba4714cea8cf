package controllers

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

// series are the values by name and labels, as the text format writes them; of a histogram, how often it was observed.
func series(t testing.TB, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+strconv.Quote(l.GetValue()))
			}
			out[family.GetName()+"{"+strings.Join(labels, ",")+"}"] =
				m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

// with are those of the series that have the text in their labels.
func with(all map[string]float64, text string) map[string]float64 {
	out := map[string]float64{}
	for name, value := range all {
		if strings.Contains(name, text) {
			out[name] = value
		}
	}
	return out
}

func TestEventsAreCountedByKindAndAction(t *testing.T) {
	t.Parallel()
	seen := triggers("Sort", func(o client.Object) bool { return o.GetName() == "counts" })
	for _, name := range []string{"counts", "counts not"} {
		o := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}
		passed := []bool{
			seen.Create(event.CreateEvent{Object: o}), seen.Update(event.UpdateEvent{ObjectOld: o, ObjectNew: o}),
			seen.Delete(event.DeleteEvent{Object: o}), seen.Delete(event.DeleteEvent{Object: o}), seen.Generic(event.GenericEvent{Object: o}),
		}
		if diff := cmp.Diff([]bool{true, true, true, true, true}, passed); diff != "" {
			t.Errorf("counting holds up no event on %s (-want +got):\n%s", name, diff)
		}
	}
	want := map[string]float64{}
	for action, count := range map[string]float64{"add": 1, "update": 1, "delete": 2} {
		want[`prometheus_operator_triggered_total{action="`+action+`",controller="prometheus",triggered_by="Sort"}`] = count
	}
	if diff := cmp.Diff(want, with(series(t, metrics.Registry), `triggered_by="Sort"`)); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// answers is an API server that answers everything with one status.
type answers int

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	if a == 0 {
		return nil, errors.New("no connection")
	}
	return &http.Response{StatusCode: int(a)}, nil
}

func TestRequestsAreCountedByTheirController(t *testing.T) {
	t.Parallel()
	before := series(t, metrics.Registry)
	for _, request := range []struct {
		path   string
		server answers
	}{
		{"/apis/monitoring.coreos.com/v1/sorts", http.StatusOK}, {"/apis/monitoring.coreos.com/v1/sorts", http.StatusForbidden},
		{"/apis/monitoring.coreos.com/v1/sorts?watch=true", 0}, {"/api/v1/nodes", http.StatusOK},
	} {
		resp, err := CountRequests(request.server).RoundTrip(httptest.NewRequest(http.MethodGet, request.path, nil))
		if (err == nil) != (request.server != 0) || resp != nil && resp.StatusCode != int(request.server) {
			t.Errorf("%s: counting changes no answer: %v, %v", request.path, resp, err)
		}
	}
	after := series(t, metrics.Registry)
	for name, grown := range map[string]float64{
		`prometheus_operator_list_operations_total{controller="prometheus",resource="sorts"}`:         2,
		`prometheus_operator_list_operations_failed_total{controller="prometheus",resource="sorts"}`:  1,
		`prometheus_operator_watch_operations_total{controller="prometheus",resource="sorts"}`:        1,
		`prometheus_operator_watch_operations_failed_total{controller="prometheus",resource="sorts"}`: 1,
		`prometheus_operator_list_operations_total{controller="kubelet",resource="nodes"}`:            1,
	} {
		if got := after[name] - before[name]; got != grown {
			t.Errorf("%s grew by %v, want %v", name, got, grown)
		}
	}
}

// It is not parallel, because every operator sets the gauges.
func TestFeatureGatesAreExported(t *testing.T) {
	r := &PrometheusReconciler{Options: world.Options{FeatureGates: map[string]bool{world.ShardRetentionGate: false}}}
	r.prepare(nil)
	defer r.reporter.end()
	want := map[string]float64{
		`prometheus_operator_feature_gate{name="PrometheusAgentDaemonSet"}`:            0,
		`prometheus_operator_feature_gate{name="PrometheusShardRetentionPolicy"}`:      0,
		`prometheus_operator_feature_gate{name="PrometheusTopologySharding"}`:          1,
		`prometheus_operator_feature_gate{name="RemoteWriteCustomResourceDefinition"}`: 0,
		`prometheus_operator_feature_gate{name="StatusForConfigurationResources"}`:     0,
	}
	if diff := cmp.Diff(want, with(series(t, metrics.Registry), "feature_gate")); diff != "" {
		t.Errorf("those that nobody mentions are exported too (-want +got):\n%s", diff)
	}
}

func TestBuildIsExported(t *testing.T) {
	t.Parallel()
	ExportBuild("v9.8.7")
	for name, value := range with(series(t, metrics.Registry), `version="9.8.7"`) {
		if value == 1 && strings.Contains(name, `goversion="`+runtime.Version()+`"`) {
			return
		}
	}
	t.Error("no prometheus_operator_build_info has the version")
}

func TestReconciliationsAreTimed(t *testing.T) {
	t.Parallel()
	s := &syncs{by: map[string]map[client.ObjectKey]bool{}}
	s.note("timed", main0, time.Now(), nil)
	s.note("timed", main0, time.Now(), errPlanted)
	name := `prometheus_operator_reconcile_duration_seconds{controller="timed"}`
	if got := series(t, metrics.Registry)[name]; got != 2 {
		t.Errorf("%s has %v observations, want 2: one that failed took its time too", name, got)
	}
}

func TestEnforcedSampleLimitIsExportedWhereThereIsOne(t *testing.T) {
	t.Parallel()
	registry, m := prometheus.NewRegistry(), &measures{}
	registry.MustRegister(m)
	m.tell(main0, status.Measures{EnforcedSampleLimit: new(int64(100))})
	m.tell(client.ObjectKey{Namespace: "n", Name: "free"}, status.Measures{})
	want := map[string]float64{`prometheus_operator_prometheus_enforced_sample_limit{controller="prometheus",name="main",namespace="n"}`: 100}
	if diff := cmp.Diff(want, with(series(t, registry), "enforced_sample_limit")); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}
