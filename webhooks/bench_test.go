package webhooks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// BenchmarkReview reviews one 20-rule object next to objects that stand already.
func BenchmarkReview(b *testing.B) {
	for _, present := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("present=%d", present), func(b *testing.B) {
			c := fake.NewClientBuilder().WithScheme(testScheme(b)).WithObjects(selectAll("main", nil)).Build()
			o := testOptions()
			capacity := rules.NewCapacity(o.Limits, 16)
			fill(capacity, present)
			hook := handlers(selecting{c}, capacity, o)[upstreamValidatePath]
			req := request(b, "PrometheusRule", nil, twentyRules())
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if resp := hook.Handle(b.Context(), req); !resp.Allowed {
					b.Fatal(resp.Result.Message)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
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
