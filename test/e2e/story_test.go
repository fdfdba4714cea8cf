package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

const (
	changes   = 30                      // of each kind, for the latencies
	limit     = 1500 * time.Millisecond // for most of them, on any machine; on a quiet one for 95 %
	pollEvery = 10 * time.Millisecond

	mebibyte  = 1 << 20
	bulkParts = 4 // objects per MiB: small enough that a ConfigMap holds several
)

// p50 is what half of the changes of a kind took at most.
var p50 = map[string]time.Duration{}

// The order matters: later parts use what earlier ones installed and measured.
var _ = Describe("promloop on a real node", Ordered, ContinueOnFailure, func() {
	isInstalled()
	isHeldToItsRights()
	hasNetworkPolicies()
	startsUpstream()
	goesLive()
	standsBesideUpstream()
	guardsTheDoor()
	survivesFaults()
	survivesItsKubelet()
	survivesInTheCluster()
	survivesItsPrometheus()
	isUndeployed()
	movesThereAndBack()
	isInstalledInEveryWay()
})

func isInstalled() {
	It("is installed with two replicas in a restricted namespace", func(ctx SpecContext) {
		operatorIsAvailable(ctx)
		var ns corev1.Namespace
		Expect(running.Client.Get(ctx, client.ObjectKey{Name: system}, &ns)).To(Succeed())
		Expect(ns.Labels).To(HaveKeyWithValue("pod-security.kubernetes.io/enforce", "restricted"))
	}, SpecTimeout(5*time.Minute))

	It("runs the samples", func(ctx SpecContext) {
		Expect(running.ApplySamples(ctx)).To(Succeed())
		eventuallyLoaded(ctx)
		inAll(ctx, servers(ctx), hasExpression(ctx, "Watchdog", "vector(1)"))
		inAll(ctx, servers(ctx), func(g Gomega, p *stack.Prometheus) {
			pools, err := p.Pools(ctx)
			g.Expect(err).NotTo(HaveOccurred())
			for _, pool := range []string{"serviceMonitor/default/prometheus/0", "serviceMonitor/default/kube-apiserver/0", "podMonitor/default/reloaders/0", "podMonitor/default/reloaders/1"} {
				g.Expect(pools).To(HaveKeyWithValue(pool, HaveEach(BeEquivalentTo("up"))))
			}
		})
	}, SpecTimeout(5*time.Minute))

}

func goesLive() {
	DescribeTable("makes changes live in both replicas", func(ctx SpecContext, kind string, one func(context.Context, []*stack.Prometheus, int)) {
		all, before := servers(ctx), restarts(ctx)
		var took []time.Duration
		for n := range changes {
			atRest(ctx)
			began := time.Now()
			one(ctx, all, n)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		p95 := took[len(took)*95/100]
		p50[kind] = took[len(took)/2]
		row("latency %s %.3f %.3f", kind, p50[kind].Seconds(), p95.Seconds())
		Expect(restarts(ctx)).To(Equal(before), "no change restarts a container")
		Expect(p50[kind]).To(BeNumerically("<", limit))
		Expect(p95).To(BeNumerically("<", kubeletPace/4), "however busy the machine is, no change waits for the kubelet's own pace")
	},
		Entry("of a PrometheusRule", "PrometheusRule", changeRule, SpecTimeout(10*time.Minute)),
		Entry("of a ServiceMonitor", "ServiceMonitor", changeServiceMonitor, SpecTimeout(10*time.Minute)),
		Entry("of a PodMonitor", "PodMonitor", changePodMonitor, SpecTimeout(10*time.Minute)),
		Entry("of the Prometheus", "Prometheus", changePrometheus, SpecTimeout(10*time.Minute)),
	)

	It("grows from 1 to 9 MiB of rules without a restart", func(ctx SpecContext) {
		all, before := servers(ctx), restarts(ctx)
		for step := range 9 {
			for part := range bulkParts {
				Expect(running.Client.Create(ctx, bulk(fmt.Sprintf("bulk-%d-%d", step, part), mebibyte/bulkParts))).To(Succeed())
			}
			inAll(ctx, all, hasGroup(ctx, fmt.Sprintf("bulk-%d-%d", step, bulkParts-1)))
		}
		Expect(restarts(ctx)).To(Equal(before), "rules reach a pod through its volumes")
		row("restarts while rules grew to 9 MiB: 0 in %d containers", len(before))
		Expect(running.Client.DeleteAllOf(ctx, &v1.PrometheusRule{}, client.InNamespace(namespace), client.MatchingLabels{"bulk": "yes"})).To(Succeed())
	}, SpecTimeout(15*time.Minute))
}

// atRest waits until the change before is loaded and the second is over in which a kubelet leaves a pod alone after its last sync, and
// then up to half a second more: changes come at any moment.
func atRest(ctx context.Context) {
	GinkgoHelper()
	eventuallyLoaded(ctx)
	pause(ctx, 1200*time.Millisecond+rand.N(500*time.Millisecond))
}

func changeRule(ctx context.Context, all []*stack.Prometheus, n int) {
	GinkgoHelper()
	expr := fmt.Sprintf("vector(%d)", n)
	if n == 0 {
		Expect(running.Client.Create(ctx, rule("latency", expr))).To(Succeed())
	} else {
		change(ctx, rule("latency", ""), func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr = intstr.FromString(expr) })
	}
	inAll(ctx, all, hasExpression(ctx, "latency", expr))
}

func changeServiceMonitor(ctx context.Context, all []*stack.Prometheus, n int) {
	GinkgoHelper()
	mark := fmt.Sprintf("servicemonitor-%d-", n)
	change(ctx, &v1.ServiceMonitor{ObjectMeta: named("prometheus")}, func(m *v1.ServiceMonitor) {
		m.Spec.Endpoints[0].MetricRelabelConfigs = []v1.RelabelConfig{{Action: "labeldrop", Regex: mark}}
	})
	inAll(ctx, all, hasConfig(ctx, mark))
}

func changePodMonitor(ctx context.Context, all []*stack.Prometheus, n int) {
	GinkgoHelper()
	mark := fmt.Sprintf("podmonitor-%d-", n)
	change(ctx, &v1.PodMonitor{ObjectMeta: named("reloaders")}, func(m *v1.PodMonitor) {
		m.Spec.PodMetricsEndpoints[0].MetricRelabelConfigs = []v1.RelabelConfig{{Action: "labeldrop", Regex: mark}}
	})
	inAll(ctx, all, hasConfig(ctx, mark))
}

func changePrometheus(ctx context.Context, all []*stack.Prometheus, n int) {
	GinkgoHelper()
	mark := fmt.Sprintf("prometheus-%d-", n)
	change(ctx, &v1.Prometheus{ObjectMeta: named(main)}, func(p *v1.Prometheus) { p.Spec.ExternalLabels = map[string]string{"change": mark} })
	inAll(ctx, all, hasConfig(ctx, mark))
}

// bulk is an object of about size bytes, with one group.
func bulk(name string, size int) *v1.PrometheusRule {
	r := &v1.PrometheusRule{ObjectMeta: named(name)}
	r.Labels = map[string]string{"bulk": "yes"}
	group := v1.RuleGroup{Name: name}
	for n := range size / (8 << 10) {
		group.Rules = append(group.Rules, v1.Rule{
			Record: fmt.Sprintf("bulk:%d", n), Expr: intstr.FromString("vector(0)"), Labels: map[string]string{"filling": strings.Repeat("x", 8<<10)},
		})
	}
	r.Spec.Groups = []v1.RuleGroup{group}
	return r
}

func hasGroup(ctx context.Context, name string) func(Gomega, *stack.Prometheus) {
	return func(g Gomega, p *stack.Prometheus) {
		groups, err := p.GroupNames(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(groups).To(ContainElement(name))
	}
}
