package controllers

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// odd is an object as the schema takes it and no typed client writes it.
func (s *scene) odd(kind world.Kind, version string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	o.SetAPIVersion("monitoring.coreos.com/" + version)
	o.SetKind(string(kind))
	o.SetNamespace(s.namespace)
	o.SetName("odd")
	return o
}

var _ = Describe("A value that Kubernetes' own types can't read", func() {
	It("holds up its own object and no other", func(ctx SpecContext) {
		s := newScene(ctx)
		var p v1.Prometheus
		Expect(k8s.Get(ctx, s.request().NamespacedName, &p)).To(Succeed())
		everything := &metav1.LabelSelector{}
		p.Spec.PodMonitorSelector, p.Spec.ProbeSelector, p.Spec.ScrapeConfigSelector = everything, everything, everything
		Expect(k8s.Update(ctx, &p)).To(Succeed())
		s.reconcile(ctx)
		jobs := s.contents(ctx)["Secret/prometheus-main"]

		large, factor := int64(5000000000), "nativeHistogramMinBucketFactor"
		bad := map[world.Kind]string{
			world.ServiceMonitor: "spec.endpoints[0].targetPort", world.PodMonitor: "spec.podMetricsEndpoints[0].targetPort",
			world.Probe: "spec." + factor, world.ScrapeConfig: "spec." + factor,
		}
		rule := map[string]any{"record": "odd:large", "expr": large}
		s.create(ctx,
			s.odd(world.PrometheusRule, "v1", map[string]any{"groups": []any{map[string]any{"name": "odd", "rules": []any{rule}}}}),
			s.odd(world.ServiceMonitor, "v1", map[string]any{"selector": map[string]any{}, "endpoints": []any{map[string]any{"targetPort": large}}}),
			s.odd(world.PodMonitor, "v1", map[string]any{"selector": map[string]any{}, "podMetricsEndpoints": []any{map[string]any{"targetPort": large}}}),
			s.odd(world.Probe, "v1", map[string]any{"prober": map[string]any{"url": "example.com"}, factor: "1e1.5"}),
			s.odd(world.ScrapeConfig, "v1alpha1", map[string]any{factor: "1e-2147483647"}),
			s.rule("second", "up == 2"),
		)
		s.reconcile(ctx)
		after := s.contents(ctx)
		Expect(after["Secret/prometheus-main"]).To(Equal(jobs), "the jobs of the others stand as they stood")
		Expect(fmt.Sprint(after)).To(And(ContainSubstring("up == 0"), ContainSubstring("up == 2"), ContainSubstring("expr: \"%d\"", large)))

		told := s.operator.Standings.by[s.request().NamespacedName]
		for kind, path := range bad {
			verdict := told[world.ObjectOf(kind, &metav1.ObjectMeta{Namespace: s.namespace, Name: "odd"})].Verdict
			Expect(verdict.Reason).To(Equal(promconfig.InvalidField), "%s: %s", kind, verdict.Message)
			Expect(verdict.Message).To(ContainSubstring(path))
		}
		var rules v1.PrometheusRuleList
		Expect(k8s.List(ctx, &rules, client.InNamespace(s.namespace))).To(Succeed())
		for i := range rules.Items {
			verdict := told[world.ObjectOf(world.PrometheusRule, &rules.Items[i])].Verdict
			Expect(verdict.Accepted()).To(BeTrue(), "%s: %s", rules.Items[i].Name, verdict.Message)
		}
	}, SpecTimeout(time.Minute))
})
