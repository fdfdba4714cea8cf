package chain

import (
	"context"
	"sync"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

var _ = Describe("Bad input beside good", func() {
	It("leaves out an invalid rule group alone and says so on the object", func(ctx SpecContext) {
		t := newTeam(ctx, "badrule")
		p := t.replica(ctx, 0)
		good, bad := bypass(t.rule("Good", "up == 0")), bypass(t.rule("Bad", "up =="))
		create(ctx, good)
		create(ctx, bad)

		Eventually(eventsOn(ctx, bad)).WithContext(ctx).Should(ContainElement(And(ContainSubstring("spec.groups[0].rules[0].expr"), ContainSubstring("parse error"))))
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Good"))
		Expect(expressions(ctx, p)()).NotTo(HaveKey("Bad"))

		watch := watchRules(ctx, p, "Good")
		change(ctx, good, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up == (") })
		Eventually(eventsOn(ctx, good)).WithContext(ctx).Should(ContainElement(ContainSubstring("parse error")))
		other := t.rule("Other", "up == 2")
		create(ctx, other)
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Other"), "a bad object holds up nobody")
		Expect(expressions(ctx, p)()).To(HaveKeyWithValue("Good", "up == 0"), "the last accepted form stays")
		Expect(watch.stop()).To(BeZero(), "samples without the rule")
	}, SpecTimeout(4*time.Minute))

	It("leaves out an invalid monitor alone and says so on the object", func(ctx SpecContext) {
		t := newTeam(ctx, "badmonitor")
		p := t.replica(ctx, 0)
		_, _, good := t.operatorMetrics("good")
		_, _, bad := t.operatorMetrics("bad")
		bad.Spec.Endpoints[0].MetricRelabelConfigs = []v1.RelabelConfig{{Action: "drop", Regex: "(unclosed"}}
		create(ctx, bypass(bad))
		create(ctx, bypass(good))

		Eventually(eventsOn(ctx, bad)).WithContext(ctx).Should(ContainElement(ContainSubstring("unclosed")))
		Eventually(config(ctx, p)).WithContext(ctx).Should(ContainSubstring("serviceMonitor/badmonitor/good/0"))
		Expect(config(ctx, p)()).NotTo(ContainSubstring("serviceMonitor/badmonitor/bad/0"))
		t.eventuallyLoaded(ctx)

		change(ctx, good, func(m *v1.ServiceMonitor) {
			m.Spec.Endpoints[0].MetricRelabelConfigs = bad.Spec.Endpoints[0].MetricRelabelConfigs
		})
		Eventually(eventsOn(ctx, good)).WithContext(ctx).Should(ContainElement(ContainSubstring("spec.endpoints[0].metricRelabelings[0]")))
		t.eventuallyLoaded(ctx)
		Expect(config(ctx, p)()).To(ContainSubstring("serviceMonitor/badmonitor/good/0"), "what was good before stays")
	}, SpecTimeout(4*time.Minute))
})

var _ = Describe("A killed process", func() {
	It("is made up for when it is the operator, between two writes", Serial, func(ctx SpecContext) {
		t := newTeam(ctx, "operatorkilled")
		p := t.replica(ctx, 0)
		create(ctx, t.rule("Stays", "up == 0"))
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Stays"))
		t.eventuallyLoaded(ctx)
		watch := watchRules(ctx, p, "Stays")

		var once sync.Once
		killed := make(chan stack.Write, 1)
		running.Gate.After(func(w stack.Write) {
			once.Do(func() {
				Expect(running.Operator.Kill()).To(Succeed())
				killed <- w
			})
		})
		create(ctx, t.rule("Comes", "up == 1"))
		var write stack.Write
		Eventually(killed).WithContext(ctx).Should(Receive(&write))
		running.Gate.After(nil)
		Expect(write.Path).To(ContainSubstring("/configmaps/prometheus-main-rulefiles-"), "killed after the shard, before its manifest")

		Expect(running.Operator.Start(ctx)).To(Succeed())
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(And(HaveKey("Comes"), HaveKey("Stays")))
		t.eventuallyLoaded(ctx)
		Expect(watch.stop()).To(BeZero(), "samples without the rule")
	}, SpecTimeout(4*time.Minute))

	It("starts on what was loaded when it is Prometheus", func(ctx SpecContext) {
		t := newTeam(ctx, "prometheuskilled")
		p := t.replica(ctx, 0)
		create(ctx, t.rule("Stays", "vector(1)"))
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Stays"))
		started := startOf(ctx, p)

		pod := nodelet.Pod{Namespace: t.namespace, Name: "prometheus-main-0"}
		Expect(running.Node.KillContainer(pod, "prometheus", syscall.SIGKILL)).To(Succeed())

		Eventually(func() (time.Time, error) { return p.Started(ctx) }).WithContext(ctx).Should(BeTemporally(">", started))
		Eventually(func() error { return p.Ready(ctx) }).WithContext(ctx).Should(Succeed(), "before it is ready it answers, and has loaded nothing")
		Expect(expressions(ctx, p)()).To(HaveKey("Stays"), "the very first load has the rules")
		create(ctx, t.rule("Comes", "up == 1"))
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Comes"))
		t.eventuallyLoaded(ctx)
	}, SpecTimeout(4*time.Minute))
})

// ruleWatch samples a Prometheus for something that must never be missing.
type ruleWatch struct {
	cancel  context.CancelFunc
	missing chan int
}

// watchRules asks every 50 ms whether the alert is loaded, and counts the answers without it.
func watchRules(ctx context.Context, p *stack.Prometheus, alert string) ruleWatch {
	return watchSamples(ctx, func(ctx context.Context) (bool, error) {
		loaded, err := p.Expressions(ctx)
		return loaded[alert] != "", err
	})
}

// watchSamples counts how often something is missing; no answer is no sample.
func watchSamples(ctx context.Context, present func(context.Context) (bool, error)) ruleWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := ruleWatch{cancel: cancel, missing: make(chan int, 1)}
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		missing := 0
		for {
			select {
			case <-ctx.Done():
				w.missing <- missing
				return
			case <-tick.C:
				if ok, err := present(ctx); err == nil && !ok {
					missing++
				}
			}
		}
	}()
	return w
}

// stop ends the watch and returns how many answers lacked the rule.
func (w ruleWatch) stop() int {
	w.cancel()
	return <-w.missing
}
