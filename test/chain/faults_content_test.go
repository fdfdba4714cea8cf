package chain

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
)

// Group A of docs/faults.md, as far as it needs the operator: content.
var _ = Describe("Faults of content", func() {
	prove(fault{
		id: "A9", what: "one bad rule while the webhook is down", guard: "rules are judged before they are published",
		run: func(ctx context.Context, s *site) {
			bad, good := s.fresh("Bad"), s.fresh("Good")
			bad.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up ==")
			create(ctx, bypass(bad))
			create(ctx, bypass(good))
			s.eventuallyServes(ctx, good, 10*time.Second)
			Expect(s.alerts(ctx, 0)).NotTo(HaveKey(bad.Spec.Groups[0].Name), "the bad rule is left out")
			Eventually(eventsOn(ctx, bad)).WithContext(ctx).WithTimeout(30*time.Second).Should(ContainElement(ContainSubstring("parse error")), "an event says what is wrong")
		},
	})
	prove(fault{
		id: "A12", what: "a rule moves to another ConfigMap while it fires", guard: "the path of a rule depends on nothing but its name",
		run: func(ctx context.Context, s *site) {
			p, rule := s.replica(ctx, 0), s.fresh("Fires")
			alert := rule.Spec.Groups[0].Name
			rule.Spec.Groups[0].Rules[0].Expr = intstr.FromString("vector(1)")
			create(ctx, rule)
			Eventually(activeAt(ctx, p, alert)).WithContext(ctx).WithTimeout(15*time.Second).ShouldNot(BeZero(), "the alert fires")
			since, err := activeAt(ctx, p, alert)()
			Expect(err).NotTo(HaveOccurred(), "Prometheus answers")
			before := s.shardOf(ctx, rule)
			for n := range 2 {
				filler := s.filler(fmt.Sprintf("Fill%dx%d", s.n, n), 330_000)
				create(ctx, filler)
				s.eventuallyServes(ctx, filler, 15*time.Second) // placed together with the change, all could find room at once
			}
			bulk := s.filler(fmt.Sprintf("Bulk%d", s.n), 400_000).Spec.Groups[0]
			change(ctx, rule, func(r *v1.PrometheusRule) { r.Spec.Groups = append(r.Spec.Groups, bulk) })
			Eventually(func() map[string]string { return s.alerts(ctx, 0) }).WithContext(ctx).WithTimeout(15*time.Second).Should(HaveKey(bulk.Name), "the larger object is served")
			Expect(activeAt(ctx, p, alert)()).To(Equal(since), "nobody is paged anew")
			Expect(s.shardOf(ctx, rule)).NotTo(Equal(before), "it was made to move")
		},
	})
	prove(fault{
		id: "A13", what: "a change is taken back", guard: "the generation of a set grows also where its content was there before",
		run: func(ctx context.Context, s *site) {
			rule := s.fresh("Back")
			create(ctx, rule)
			for _, expr := range []string{"up == 1", "up == 0", "up == 1", "up == 0"} {
				s.eventuallyServes(ctx, rule, 10*time.Second)
				change(ctx, rule, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr = intstr.FromString(expr) })
			}
			s.eventuallyServes(ctx, rule, 10*time.Second)
		},
	})
})
