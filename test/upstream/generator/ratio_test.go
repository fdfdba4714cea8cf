package generator

// Figures: the "ratio" lines. They need no quiet machine, since both sides run on the same one, one after the other.

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// runs is how often each side runs; the best counts.
const runs = 3

// Both sides go from objects to bytes ready to be written into the Secret, compression included. Ours are judged, theirs are not.
func TestRatio(t *testing.T) {
	for _, n := range []int{1_000, 10_000} {
		w, sel := monitors(n)
		in, err := InputOf(w, sel)
		if err != nil {
			t.Fatal(err)
		}
		theirs := best(func() { theirBytes(t, in) })
		cold := best(func() { ourBytes(t, promconfig.NewRenderer(), w, sel) })
		report(fmt.Sprintf("render-%d-time", n), cold.time, theirs.time)
		report(fmt.Sprintf("render-%d-allocated", n), cold.allocated, theirs.allocated)

		warm := promconfig.NewRenderer()
		ourBytes(t, warm, w, sel)
		change := best(func() { touch(sel); ourBytes(t, warm, w, sel) })
		report(fmt.Sprintf("change-%d-time", n), change.time, theirs.time)
		report(fmt.Sprintf("change-%d-allocated", n), change.allocated, theirs.allocated)
	}
}

// monitors is a Prometheus with n ServiceMonitors as charts bring them.
func monitors(n int) (*world.World, selection.Result) {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: random.Namespaces[0], Name: "main"}}
	p.Spec.Version, p.Spec.ScrapeInterval, p.Spec.EvaluationInterval = "v3.13.1", "30s", "30s"
	w := &world.World{Prometheus: p, Values: random.Values()}
	var sel selection.Result
	for i := range n {
		name := fmt.Sprintf("app-%05d", i)
		m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name, UID: types.UID(name), Generation: 1}}
		m.Spec.Selector.MatchLabels = map[string]string{"app.kubernetes.io/name": name, "app.kubernetes.io/instance": "prod"}
		m.Spec.Endpoints = []v1.Endpoint{{
			Port: "http-metrics", Interval: "15s", Path: "/metrics",
			RelabelConfigs:       []v1.RelabelConfig{{SourceLabels: []v1.LabelName{"__meta_kubernetes_pod_node_name"}, TargetLabel: "node"}},
			MetricRelabelConfigs: []v1.RelabelConfig{{SourceLabels: []v1.LabelName{"__name__"}, Regex: "go_gc_.*|" + name + "_.*", Action: "drop"}},
		}}
		sel.ServiceMonitors = append(sel.ServiceMonitors, m)
	}
	return w, sel
}

// touch changes one monitor in the middle.
func touch(sel selection.Result) {
	m := sel.ServiceMonitors[len(sel.ServiceMonitors)/2].DeepCopy()
	m.Generation++
	m.Spec.Endpoints[0].Path = fmt.Sprintf("/metrics/%d", m.Generation)
	sel.ServiceMonitors[len(sel.ServiceMonitors)/2] = m
}

func theirBytes(t *testing.T, in Input) []byte {
	text, err := in.Render()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ourBytes(t *testing.T, r *promconfig.Renderer, w *world.World, sel selection.Result) {
	res := r.Render(w, sel)
	if res.Jobs != len(sel.ServiceMonitors) || len(res.Verdicts) > 0 {
		t.Fatalf("%d jobs of %d, verdicts %v", res.Jobs, len(sel.ServiceMonitors), res.Verdicts)
	}
}

type figures struct {
	time      float64 // milliseconds
	allocated float64 // MiB
}

func best(run func()) figures {
	out := figures{}
	for i := range runs {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		run()
		took := float64(time.Since(start).Microseconds()) / 1000
		runtime.ReadMemStats(&after)
		allocated := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
		if i == 0 || took < out.time {
			out = figures{took, allocated}
		}
	}
	return out
}

// report prints milliseconds or MiB.
func report(name string, ours, theirs float64) {
	fmt.Printf("ratio %s %.2f %.2f %.1f\n", name, ours, theirs, theirs/ours)
}
