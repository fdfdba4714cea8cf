package webhooks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// BenchmarkReview reviews one 20-rule object next to 10 objects and next to 10,000, in turns, so that a busy machine is as busy for
// the one as for the other.
func BenchmarkReview(b *testing.B) {
	few, many := reviewBeside(b, 10), reviewBeside(b, 10_000)
	var tookFew, tookMany []time.Duration
	for b.Loop() {
		tookFew = append(tookFew, few())
		tookMany = append(tookMany, many())
	}
	b.ReportMetric(0, "ns/op") // the percentiles tell more
	for _, n := range []int{50, 99} {
		b.ReportMetric(percentile(tookFew, n), fmt.Sprintf("beside-10-p%d-µs", n))
		b.ReportMetric(percentile(tookMany, n), fmt.Sprintf("beside-10000-p%d-µs", n))
		b.ReportMetric(percentile(tookMany, n)/percentile(tookFew, n), fmt.Sprintf("ratio-p%d", n))
	}
}

// reviewBeside returns what reviews an object next to those present, and says how long it took.
func reviewBeside(b *testing.B, present int) func() time.Duration {
	c := fake.NewClientBuilder().WithScheme(testScheme(b)).WithObjects(selectAll("main", nil)).Build()
	o := testOptions()
	capacity := rules.NewCapacity(o.Limits, 16)
	fill(capacity, present)
	hook := handlers(c, capacity, o)[upstreamValidatePath]
	req := request(b, "PrometheusRule", nil, twentyRules())
	return func() time.Duration {
		start := time.Now()
		if resp := hook.Handle(b.Context(), req); !resp.Allowed {
			b.Fatal(resp.Result.Message)
		}
		return time.Since(start)
	}
}

// percentile is in microseconds.
func percentile(took []time.Duration, n int) float64 {
	sorted := slices.Sorted(slices.Values(took))
	return float64(sorted[len(sorted)*n/100].Nanoseconds()) / 1000
}

// fill lets 16 ConfigMaps stand with n small rule files.
func fill(capacity *rules.Capacity, n int) {
	data := make([]map[string]string, 16)
	for i := range data {
		data[i] = map[string]string{}
	}
	for i := range n {
		data[i%16][rules.FileName("team-b", fmt.Sprintf("r%06d", i))] = "groups:\n- name: g\n  rules:\n    - record: x\n      expr: up\n"
	}
	for i := range data {
		capacity.Observe(types.NamespacedName{Namespace: "monitoring", Name: "main"}, world.RuleShardName("main", i), data[i])
	}
}

func twentyRules() client.Object {
	o := ruleObject()
	for i := range 20 {
		o.Spec.Groups[0].Rules = append(o.Spec.Groups[0].Rules, v1.Rule{
			Alert:       fmt.Sprintf("Latency%d", i),
			Expr:        intstr.FromString(fmt.Sprintf(`histogram_quantile(0.99, sum by (le, job) (rate(http_seconds_bucket{code=~"5.."}[5m]))) > %d`, i)),
			Labels:      map[string]string{"severity": "page"},
			Annotations: map[string]string{"summary": "{{ $labels.job }} is slow: {{ $value | humanizeDuration }}"},
		})
	}
	return o
}
