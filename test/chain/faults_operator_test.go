package chain

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

// Group E of docs/faults.md: the operator and the API.
var _ = Describe("Faults of the operator and the API", func() {
	prove(fault{
		id: "E45", what: "the API server is away for 10 s", guard: "only what differs is written",
		run: func(ctx context.Context, s *site) {
			count := s.countWrites()
			s.away(ctx, 5*time.Second)
			Consistently(count).WithContext(ctx).WithTimeout(5*time.Second).Should(BeZero(), "nothing changed, so nothing is written")
			rule := s.fresh("Meanwhile")
			Expect(s.op.Gate.Close()).To(Succeed(), "the operator is cut off")
			create(ctx, rule)
			s.away(ctx, 5*time.Second)
			s.eventuallyServes(ctx, rule, 30*time.Second)
			Expect(count()).To(BeNumerically("<=", 8), "no more is written than a ConfigMap, its manifest and a few pokes")
			s.op.Gate.After(nil)
		},
	})
	prove(fault{
		id: "E46", what: "the operator is killed after each write of a rollout in turn: of rules, of rules and jobs, and of one that replaces the pod, too",
		guard: "pods that lag are poked whoever wrote", limit: 3 * time.Minute,
		run: func(ctx context.Context, s *site) {
			for _, r := range rollouts {
				for k := 1; s.killedAtWrite(ctx, k, r); k++ {
				}
			}
		},
	})
	prove(fault{
		id: "E47", what: "an operator with other settings runs beside it", guard: "one lease: only its holder writes",
		flags: []string{"--leader-elect=false"},
		run: func(ctx context.Context, s *site) {
			flags := []string{"--labels=second=true"}
			if s.op == running.Operator {
				flags = append(flags, "--leader-elect=true", "--leader-election-namespace="+metav1.NamespaceDefault)
				lease, err := running.StartOperator(ctx, stack.OperatorOptions{Name: "holder", Flags: []string{"--leader-elect=true", "--leader-election-namespace=" + metav1.NamespaceDefault}})
				Expect(err).NotTo(HaveOccurred(), "the operator that is to hold the lease starts")
				Expect(running.Operator.Stop()).To(Succeed(), "the one of the suite ends")
				defer func() {
					Expect(lease.Dismiss()).To(Succeed(), "the holder ends")
					Expect(running.Operator.Start(ctx)).To(Succeed(), "the one of the suite starts again")
				}()
				Eventually(leads(ctx, lease)).WithContext(ctx).WithTimeout(30*time.Second).Should(BeTrue(), "it holds the lease")
			} else {
				flags = append(flags, "--leader-elect=false")
			}
			second, err := running.StartOperator(ctx, stack.OperatorOptions{Name: "second", Flags: flags})
			Expect(err).NotTo(HaveOccurred(), "the second operator starts")
			defer func() { Expect(second.Dismiss()).To(Succeed(), "the second operator ends") }()
			var writes atomic.Int64
			second.Gate.After(func(stack.Write) { writes.Add(1) })
			rule := s.fresh("Both")
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 15*time.Second)
			Consistently(writes.Load).WithContext(ctx).WithTimeout(5*time.Second).Should(BeZero(), "who does not hold the lease writes nothing")
		},
	})
	prove(fault{
		id: "E48", what: "one of two operators sees everything 4 s late, and ConfigMaps 6 s", guard: "every write names the version that it was decided on",
		run: func(ctx context.Context, s *site) {
			const lag = 4 * time.Second
			fresh, err := running.StartOperator(ctx, stack.OperatorOptions{Name: "fresh", Flags: []string{"--leader-elect=false"}})
			Expect(err).NotTo(HaveOccurred(), "the other operator starts")
			defer func() { Expect(fresh.Dismiss()).To(Succeed(), "the other operator ends") }()
			first, second := s.fresh("First"), s.fresh("Second")
			create(ctx, first)
			create(ctx, second)
			s.eventuallyServes(ctx, second, 15*time.Second)
			s.eventuallyLoaded(ctx)

			s.op.Gate.Lag(func(resource string) time.Duration {
				if resource == "configmaps" {
					return lag + lag/2
				}
				return lag
			})
			defer s.op.Gate.Lag(nil)
			history := s.watchRuleFiles(ctx)
			for _, rule := range []*v1.PrometheusRule{first, second} {
				change(ctx, rule, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up == 1") })
				waitFor(ctx, lag/2) // so that what the late one sees of the first is older than what stands of the second
			}
			s.eventuallyServes(ctx, second, 15*time.Second)
			waitFor(ctx, 2*lag)
			Expect(history.end()).To(BeEmpty(), "no rule goes back to an older form")
			s.op.Gate.Lag(nil)
			s.eventuallyLoaded(ctx)
		},
	})
	prove(fault{
		id: "E49", what: "writes fail with 409, 429 or 500, all of them and then half", guard: "what failed is tried again",
		run: func(ctx context.Context, s *site) {
			var asked atomic.Int64
			storm := func(all bool) func(*http.Request) int {
				return func(r *http.Request) int {
					asked.Add(1)
					if r.Method == http.MethodGet || !all && rand.IntN(2) == 0 {
						return 0
					}
					return []int{http.StatusConflict, http.StatusTooManyRequests, http.StatusInternalServerError}[rand.IntN(3)]
				}
			}
			defer s.op.Gate.Answer(nil)
			s.op.Gate.Answer(storm(true))
			first := s.fresh("Storm")
			create(ctx, first)
			Consistently(func() map[string]string { return s.alerts(ctx, 0) }).WithContext(ctx).WithTimeout(3*time.Second).ShouldNot(HaveKey(first.Spec.Groups[0].Name), "no write gets through")
			s.op.Gate.Answer(nil)
			s.eventuallyServes(ctx, first, 15*time.Second)
			s.op.Gate.Answer(storm(false))
			var last *v1.PrometheusRule
			for n := range 10 {
				last = s.rule(fmt.Sprintf("Storm%dx%d", s.n, n), "up == 0")
				create(ctx, last)
			}
			s.eventuallyServes(ctx, last, 20*time.Second)
			s.op.Gate.Answer(nil)
			for n := range 10 {
				s.eventuallyServes(ctx, s.rule(fmt.Sprintf("Storm%dx%d", s.n, n), "up == 0"), 15*time.Second)
			}
			Expect(asked.Load()).To(BeNumerically("<", 2000), "the rate of requests is bounded")
		},
	})
	prove(fault{
		id: "E50", what: "an object has more rules than a ConfigMap holds", guard: "a ConfigMap has a limit below the API server's", flags: []string{"--rule-shard-bytes=3000000"},
		run: func(ctx context.Context, s *site) {
			huge := bypass(s.filler(fmt.Sprintf("Huge%d", s.n), 1_200_000))
			create(ctx, huge)
			rule := s.fresh("After")
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 20*time.Second)
			Eventually(eventsOn(ctx, huge)).WithContext(ctx).WithTimeout(30*time.Second).Should(ContainElement(ContainSubstring("spread the groups")), "an event says what to do")
			Eventually(s.reconciled(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(HaveField("Status", v1.ConditionTrue), "all else is reconciled")
		},
	})
	prove(fault{
		id: "E51", what: "the webhooks are gone, and a monitor comes that Prometheus can't load", guard: "the operator judges again what the webhook judged",
		run: func(ctx context.Context, s *site) {
			var hooks admissionv1.ValidatingWebhookConfigurationList
			Expect(running.Client.List(ctx, &hooks)).To(Succeed(), "the webhooks can be listed")
			for i := range hooks.Items {
				remove(ctx, &hooks.Items[i])
				defer func() { hooks.Items[i].ResourceVersion = ""; create(ctx, &hooks.Items[i]) }()
			}
			_, _, bad := s.operatorMetrics(fmt.Sprintf("bad%d", s.n))
			bad.Spec.Endpoints[0].MetricRelabelConfigs = []v1.RelabelConfig{{Action: "drop", Regex: "(unclosed"}}
			Eventually(func() error { return running.Client.Create(ctx, bad) }).WithContext(ctx).WithTimeout(30*time.Second).Should(Succeed(), "the API server has heard that they are gone")
			_, _, good := s.operatorMetrics(fmt.Sprintf("good%d", s.n))
			create(ctx, good)
			Eventually(config(ctx, s.replica(ctx, 0))).WithContext(ctx).WithTimeout(15*time.Second).Should(ContainSubstring("/"+good.Name+"/0"), "the good monitor is live")
			Expect(config(ctx, s.replica(ctx, 0))()).NotTo(ContainSubstring("/"+bad.Name+"/0"), "the bad one is left out")
		},
	})
	prove(fault{
		id: "E53", what: "scaled from 1 to 3 in the middle of a rollout", guard: "loaded means by as many replicas as are asked for",
		run: func(ctx context.Context, s *site) {
			quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "pods"}}
			quota.Spec.Hard = corev1.ResourceList{corev1.ResourcePods: resource.MustParse("1")}
			create(ctx, quota) // so that the others come late
			defer func() {
				Expect(client.IgnoreNotFound(running.Client.Delete(ctx, quota))).To(Succeed(), "the quota is gone")
			}()
			s.scale(ctx, 3)
			defer s.scale(ctx, 1)
			rule := s.fresh("Scaled")
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 15*time.Second)
			Consistently(ready(ctx, rule)).WithContext(ctx).WithTimeout(3*time.Second).Should(BeFalse(), "the rule is not Ready while two replicas don't even exist")
			remove(ctx, quota)
			Eventually(ready(ctx, rule)).WithContext(ctx).WithTimeout(60*time.Second).Should(BeTrue(), "the rule is Ready")
			for n := range 3 {
				Expect(s.alerts(ctx, n)).To(HaveKey(rule.Spec.Groups[0].Name), "every replica serves the rule, as Ready says")
			}
		},
	})
	prove(fault{
		id: "E54", what: "a network policy blocks the sidecars' ports", guard: "no answer is unknown, never success",
		run: func(ctx context.Context, s *site) {
			unblock := s.block(0)
			defer unblock()
			rule := s.fresh("Unseen")
			create(ctx, rule)
			Eventually(s.loadedCondition(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(And(
				HaveField("Status", v1.ConditionUnknown), HaveField("Message", ContainSubstring("network policy"))), "the status says Unknown, and why")
			Expect(ready(ctx, rule)()).To(BeFalse(), "the rule is not Ready")
			s.eventuallyServes(ctx, rule, 15*time.Second)
			unblock()
			Eventually(s.loadedCondition(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(HaveField("Status", v1.ConditionTrue), "the status says that it is loaded")
		},
	})
	prove(fault{
		id: "E55", what: "one of two replicas can't be reached, and the configuration is large", guard: "who answers goes first, not who has the lowest number", replicas: 2,
		run: func(ctx context.Context, s *site) {
			s.inflate(ctx)
			unblock := s.block(0)
			defer unblock()
			Eventually(s.loadedCondition(ctx)).WithContext(ctx).WithTimeout(45*time.Second).Should(HaveField("Status", v1.ConditionUnknown), "the status says Unknown")
			_, _, monitor := s.operatorMetrics(fmt.Sprintf("large%d", s.n))
			create(ctx, monitor)
			Eventually(config(ctx, s.replica(ctx, 1))).WithContext(ctx).WithTimeout(15*time.Second).Should(ContainSubstring("/"+monitor.Name+"/0"), "the other replica is not held up")
			Expect(s.loadedCondition(ctx)()).To(And(HaveField("Status", v1.ConditionUnknown), HaveField("Message", ContainSubstring("prometheus-main-0"))), "the status names the one")
		},
	})
})

// away cuts the operator off from the API server for a while.
func (s *site) away(ctx context.Context, during time.Duration) {
	GinkgoHelper()
	_ = s.op.Gate.Close()
	waitFor(ctx, during)
	Expect(s.op.Gate.Open()).To(Succeed(), "the way is open again")
}

// countWrites counts what the operator writes from now on, but for pokes.
func (s *site) countWrites() func() int {
	var writes atomic.Int64
	s.op.Gate.After(func(stack.Write) { writes.Add(1) })
	return func() int { return int(writes.Load()) }
}

// leads reports whether an operator holds the lease, by its own metrics.
func leads(ctx context.Context, o *stack.Operator) func() (bool, error) {
	return func() (bool, error) {
		value, err := (&stack.Prometheus{URL: "http://" + o.Metrics}).Metric(ctx, "leader_election_master_status")
		return value == 1, err
	}
}

// ready reports whether the status of a rule says Ready of its newest generation.
func ready(ctx context.Context, rule *v1.PrometheusRule) func() (bool, error) {
	return func() (bool, error) {
		if err := running.Client.Get(ctx, client.ObjectKeyFromObject(rule), rule); err != nil {
			return false, err
		}
		for _, c := range rule.Status.Conditions {
			if c.Type == string(v1.Ready) {
				return c.Status == metav1.ConditionTrue && c.ObservedGeneration == rule.Generation, nil
			}
		}
		return false, nil
	}
}

func (s *site) scale(ctx context.Context, replicas int32) {
	GinkgoHelper()
	change(ctx, s.prometheusObject(ctx), func(p *v1.Prometheus) { p.Spec.Replicas = ptr.To(replicas) })
}

// block makes the ports of both sidecars of a replica unreachable until what it returns is called; it may be called again.
func (s *site) block(replica int) (unblock func()) {
	GinkgoHelper()
	pod := nodelet.Pod{Namespace: s.namespace, Name: fmt.Sprintf("prometheus-main-%d", replica)}
	var undo []func() error
	for _, port := range []uint16{8080, 8081} {
		f, err := running.Node.BlockPort(pod, port)
		Expect(err).NotTo(HaveOccurred(), "the port can be blocked")
		undo = append(undo, f)
	}
	return func() {
		for _, f := range undo {
			Expect(f()).To(Succeed(), "the port is open again")
		}
		undo = nil
	}
}

// inflate makes the configuration so large that replicas load one after the other: names that no compression shortens.
func (s *site) inflate(ctx context.Context) {
	GinkgoHelper()
	random := rand.New(rand.NewPCG(uint64(s.n), 1))
	values := make([]v1.RelabelConfig, 900)
	for i := range values {
		var text strings.Builder
		for range 16 {
			fmt.Fprintf(&text, "%016x", random.Uint64())
		}
		values[i] = v1.RelabelConfig{TargetLabel: "x", Replacement: ptr.To(text.String())}
	}
	_, _, monitor := s.operatorMetrics(fmt.Sprintf("inflated%d", s.n))
	monitor.Spec.Endpoints[0].RelabelConfigs = values
	create(ctx, bypass(monitor))
	for n := range s.pods {
		Eventually(config(ctx, s.replica(ctx, n))).WithContext(ctx).WithTimeout(60*time.Second).Should(ContainSubstring("/"+monitor.Name+"/0"), "the large configuration is live")
	}
	s.eventuallyLoaded(ctx)
}
