package random

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// Monitors is a Prometheus of a version with n ServiceMonitors as charts bring them: the same ones every time, for figures.
func Monitors(n int, version string) (*world.World, selection.Result) {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: Namespaces[0], Name: "main"}}
	p.Spec.Version, p.Spec.ScrapeInterval, p.Spec.EvaluationInterval = version, "30s", "30s"
	w := &world.World{Prometheus: p, Values: Values()}
	var sel selection.Result
	for i := range n {
		sel.ServiceMonitors = append(sel.ServiceMonitors, monitor(fmt.Sprintf("app-%05d", i)))
	}
	return w, sel
}

func monitor(name string) *v1.ServiceMonitor {
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name, UID: types.UID(name), Generation: 1}}
	m.Spec.Selector.MatchLabels = map[string]string{"app.kubernetes.io/name": name, "app.kubernetes.io/instance": "prod"}
	m.Spec.Endpoints = []v1.Endpoint{{
		Port: "http-metrics", Interval: "15s", Path: "/metrics",
		RelabelConfigs:       []v1.RelabelConfig{{SourceLabels: []v1.LabelName{"__meta_kubernetes_pod_node_name"}, TargetLabel: "node"}},
		MetricRelabelConfigs: []v1.RelabelConfig{{SourceLabels: []v1.LabelName{"__name__"}, Regex: "go_gc_.*|" + name + "_.*", Action: "drop"}},
	}}
	return m
}

// Touch changes the monitor in the middle, as an edit would: the object is another one and its generation is higher.
func Touch(sel selection.Result) {
	middle := len(sel.ServiceMonitors) / 2
	m := sel.ServiceMonitors[middle].DeepCopy()
	m.Generation++
	m.Spec.Endpoints[0].Path = fmt.Sprintf("/metrics/%d", m.Generation)
	sel.ServiceMonitors[middle] = m
}
