package rules_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

// many are n objects of one small group each, spread over 100 namespaces, sorted by namespace and name.
func many(n int) []*v1.PrometheusRule {
	objects := make([]*v1.PrometheusRule, 0, n)
	for i := range n {
		name := fmt.Sprintf("team-%02d/rules-%06d", i*100/n, i)
		objects = append(objects, object(name, group("g", record("job:up:sum", "sum by (job) (up)"), alert("Down", "up == 0"))))
	}
	return objects
}

// twenty is an object of 20 rules.
func twenty(name string, generation int64) *v1.PrometheusRule {
	g := group("g")
	for i := range 20 {
		a := alert(fmt.Sprintf("Latency%d", i), fmt.Sprintf("histogram_quantile(0.99, sum by (le, job) (rate(http_seconds_bucket{code=~\"5..\"}[5m]))) > %d", i))
		a.Labels = map[string]string{"severity": "page"}
		a.Annotations = map[string]string{"summary": "{{ $labels.job }} is slow: {{ $value | humanizeDuration }}"}
		g.Rules = append(g.Rules, a)
	}
	o := object(name, g)
	o.Generation = generation
	return o
}

// BenchmarkPlanOneChange plans for one changed object among 10,000, as a reconcile does after an edit. The plan after it, which
// reads back the ConfigMap that was written, is told apart.
func BenchmarkPlanOneChange(b *testing.B) {
	c := newCluster(16)
	objects := many(10_000)
	planner := rules.NewPlanner(c.limits)
	store(b, c, planner.For(c.world(), objects))
	planner.For(c.world(), objects)
	var planning, readingBack []time.Duration
	written := 0
	for b.Loop() {
		generation := int64(len(planning)) + 2
		objects = slices.Clone(objects)
		at := int(generation*7919) % len(objects)
		name := objects[at].Namespace + "/" + objects[at].Name
		objects[at] = object(name, group("g", record("job:up:sum", fmt.Sprintf("sum by (job) (up) + %d", generation))))
		objects[at].Generation = generation
		w := c.world()
		start := time.Now()
		pl := planner.For(w, objects)
		planning = append(planning, time.Since(start))
		written += store(b, c, pl)
		w = c.world()
		start = time.Now()
		planner.For(w, objects)
		readingBack = append(readingBack, time.Since(start))
	}
	b.ReportMetric(0, "ns/op") // the percentiles tell more
	b.ReportMetric(percentile(planning, 50), "plan-p50-µs")
	b.ReportMetric(percentile(planning, 99), "plan-p99-µs")
	b.ReportMetric(percentile(readingBack, 50), "read-back-p50-µs")
	b.ReportMetric(float64(written)/float64(len(planning)), "configmaps/op")
}

// percentile is in microseconds.
func percentile(took []time.Duration, n int) float64 {
	sorted := slices.Sorted(slices.Values(took))
	return float64(sorted[len(sorted)*n/100].Nanoseconds()) / 1000
}

// BenchmarkPlanFirst plans for 10,000 objects with a planner that remembers nothing, as after a restart of the operator.
func BenchmarkPlanFirst(b *testing.B) {
	c := newCluster(16)
	objects := many(10_000)
	for b.Loop() {
		rules.NewPlanner(c.limits).For(c.world(), objects)
	}
}

func BenchmarkJudgeTwentyRules(b *testing.B) {
	j := rules.NewJudge(rules.TargetOf(prometheus()), rules.DefaultLimits(16))
	o := twenty("a", 1)
	for b.Loop() {
		if got := j.Object(o); !got.Whole() {
			b.Fatal(got.Findings)
		}
	}
}
