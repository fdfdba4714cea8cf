package chain

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/test/chain/stack"
)

var _ = Describe("Two replicas of the operator", Serial, func() {
	It("have one leader, and when it ends the other takes over at once", func(ctx SpecContext) {
		t := newTeam(ctx, "leader")
		Expect(running.Operator.Stop()).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(running.Operator.Start(ctx)).To(Succeed()) })
		start := func(name string) *stack.Operator {
			o, err := running.StartOperator(ctx, stack.OperatorOptions{Name: name, Flags: []string{
				"--leader-elect=true", "--leader-election-namespace=" + metav1.NamespaceDefault,
			}})
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(o.Dismiss)
			return o
		}
		first := start("first")
		Eventually(leads(ctx, first)).WithContext(ctx).Should(BeTrue())
		second := start("second")
		Eventually(func(g Gomega) {
			families := scrape(ctx, g, second.Metrics)
			g.Expect(value(families["prometheus_operator_ready"], "controller", "prometheus")).To(Equal(1.0), "it waits with its caches filled")
		}).WithContext(ctx).Should(Succeed())
		Expect(leads(ctx, second)()).To(BeFalse())

		Expect(first.Stop()).To(Succeed())
		rule := t.rule("After", "up == 0")
		create(ctx, rule)
		Eventually(leads(ctx, second)).WithContext(ctx).WithTimeout(20 * time.Second).Should(BeTrue())
		t.eventuallyServes(ctx, rule, 20*time.Second)
	}, SpecTimeout(4*time.Minute))
})
