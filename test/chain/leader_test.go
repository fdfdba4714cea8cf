package chain

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/test/chain/stack"
)

var _ = Describe("An operator whose API server is away for longer than its lease", Serial, func() {
	It("ends, and when it is started again it waits", func(ctx SpecContext) {
		t := newTeam(ctx, "outage")
		create(ctx, t.rule("Stays", "vector(1)"))
		t.eventuallyServes(ctx, t.rule("Stays", "vector(1)"), time.Minute)
		watch := watchRules(ctx, t.replica(ctx, 0), "Stays")
		Expect(running.Operator.Stop()).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(running.Operator.Start(ctx)).To(Succeed()) })
		o, err := running.StartOperator(ctx, stack.OperatorOptions{Name: "outage", Flags: []string{
			"--leader-elect=true", "--leader-election-namespace=" + metav1.NamespaceDefault,
			"--leader-elect-lease-duration=5s", "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms",
		}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(o.Dismiss)
		Eventually(leads(ctx, o)).WithContext(ctx).Should(BeTrue())

		_ = o.Gate.Close() // an error is one of the connections that it cuts
		Eventually(o.Ended).WithContext(ctx).WithTimeout(30*time.Second).Should(BeTrue(), "who can't renew the lease must not write")
		rule := t.rule("Meanwhile", "up == 0")
		create(ctx, rule)
		Expect(o.Launch()).To(Succeed()) // as a kubelet does
		Eventually(o.Probe).WithContext(ctx).WithArguments("healthz").Should(Equal(http.StatusOK))
		Consistently(o.Ended).WithContext(ctx).WithTimeout(5 * time.Second).Should(BeFalse())
		Expect(o.Probe("readyz")).To(Equal(http.StatusServiceUnavailable))

		Expect(o.Gate.Open()).To(Succeed())
		t.eventuallyServes(ctx, rule, 30*time.Second)
		Expect(o.Probe("readyz")).To(Equal(http.StatusOK))
		Expect(watch.stop()).To(BeZero(), "samples without the rule")
	}, SpecTimeout(4*time.Minute))
})

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
