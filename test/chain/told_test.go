package chain

import (
	"context"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

// What can go wrong on the way to two replicas. The status tells each from the others, and nothing that was loaded is lost.
var _ = Describe("The status tells apart", Label(faultLabel), Serial, func() {
	var (
		s     *site
		watch []ruleWatch
	)
	BeforeEach(func(ctx SpecContext) {
		s, watch = siteFor(ctx, 2), nil
		s.op = running.Operator
		for n := range 2 {
			watch = append(watch, watchRules(ctx, s.replica(ctx, n), "Stays"))
		}
	})
	AfterEach(func(ctx SpecContext) {
		for _, w := range watch {
			Expect(w.stop()).To(BeZero(), "samples without the rule")
		}
		s.clear(ctx)
		s.eventuallyLoaded(ctx)
	})

	It("pods that may not be patched", func(ctx SpecContext) {
		s.mayPatchPods(ctx, false)
		defer s.mayPatchPods(ctx, true)
		rule := s.fresh("Unpatchable")
		create(ctx, rule)
		Eventually(s.loadedCondition(ctx)).WithContext(ctx).Should(And(
			HaveField("Status", v1.ConditionUnknown), HaveField("Reason", "PodsNotPatchable"),
			HaveField("Message", And(ContainSubstring("60 to 90 s"), ContainSubstring("may not patch pods")))))
		Expect(ready(ctx, rule)()).To(BeFalse())
	}, SpecTimeout(4*time.Minute))

	It("a sidecar that can't be reached", func(ctx SpecContext) {
		unblock := s.block(1)
		defer unblock()
		rule := s.fresh("Unreachable")
		create(ctx, rule)
		s.eventuallyServes(ctx, rule, 15*time.Second)
		Eventually(s.loadedCondition(ctx)).WithContext(ctx).Should(And(
			HaveField("Status", v1.ConditionUnknown), HaveField("Reason", "NoReport"),
			HaveField("Message", And(ContainSubstring("prometheus-main-1"), ContainSubstring("network policy")))))
		Expect(ready(ctx, rule)()).To(BeFalse(), "not proved is not true")
	}, SpecTimeout(4*time.Minute))

	It("one of two replicas that is down", func(ctx SpecContext) {
		watch[1].stop()
		watch = watch[:1]
		pod := nodelet.Pod{Namespace: s.namespace, Name: "prometheus-main-1"}
		for _, container := range []string{"config-reloader", "rules-reloader"} {
			Expect(running.Node.KillContainer(pod, container, syscall.SIGSTOP)).To(Succeed())
			defer func() { Expect(running.Node.KillContainer(pod, container, syscall.SIGCONT)).To(Succeed()) }()
		}
		Expect(running.Node.KillContainer(pod, "prometheus", syscall.SIGSTOP)).To(Succeed())
		defer func() { Expect(running.Node.KillContainer(pod, "prometheus", syscall.SIGCONT)).To(Succeed()) }()
		rule := s.fresh("Half")
		create(ctx, rule)
		Eventually(func() map[string]string { return s.alerts(ctx, 0) }).WithContext(ctx).Should(HaveKey(rule.Spec.Groups[0].Name), "the other goes on")
		Eventually(s.loadedCondition(ctx)).WithContext(ctx).Should(And(
			HaveField("Status", Not(Equal(v1.ConditionTrue))), HaveField("Message", And(ContainSubstring("prometheus-main-1"), Not(ContainSubstring("prometheus-main-0"))))))
		Expect(ready(ctx, rule)()).To(BeFalse())
	}, SpecTimeout(4*time.Minute))

	It("a set that Prometheus refuses, planted past every judge", func(ctx SpecContext) {
		Expect(running.Operator.Stop()).To(Succeed())
		judgeless, err := running.StartOperator(ctx, stack.OperatorOptions{
			Name: "judgeless", Flags: []string{"--leader-elect=false"}, Env: []string{stack.WithoutEnv + "=A9"}, Unguarded: true,
		})
		Expect(err).NotTo(HaveOccurred())
		defer func(ctx context.Context) {
			Expect(judgeless.Dismiss()).To(Succeed())
			Expect(running.Operator.Start(ctx)).To(Succeed())
		}(ctx)
		bad := bypass(s.fresh("Refused"))
		bad.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up ==")
		create(ctx, bad)
		Eventually(s.loadedCondition(ctx)).WithContext(ctx).Should(And(
			HaveField("Status", v1.ConditionFalse), HaveField("Reason", "Refused"),
			HaveField("Message", And(ContainSubstring("prometheus-main-"), ContainSubstring("failed to reload config")))), "in Prometheus' own words")
		Expect(s.condition(ctx, v1.Stalled)()).To(HaveField("Status", v1.ConditionTrue), "nothing changes until somebody acts")
		Expect(ready(ctx, bad)()).To(BeFalse())
		for n := range 2 {
			Expect(s.alerts(ctx, n)).To(HaveLen(1), "what was loaded is")
		}
	}, SpecTimeout(4*time.Minute))
})
