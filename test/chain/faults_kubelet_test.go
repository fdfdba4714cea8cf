package chain

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

// Group B of docs/faults.md: the kubelet and its volumes.
var _ = Describe("Faults of the node", func() {
	prove(fault{
		id: "B14", what: "the kubelet never syncs", guard: "a pod counts as loaded only when its sidecars say so",
		run: func(ctx context.Context, s *site) {
			running.Node.Hold()
			defer running.Node.Release()
			rule := s.fresh("Held")
			create(ctx, rule)
			Eventually(s.loadedCondition(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(And(
				HaveField("Status", v1.ConditionFalse), HaveField("Message", ContainSubstring("prometheus-main-0"))), "the status names the pod that lags")
			Expect(s.alerts(ctx, 0)).NotTo(HaveKey(rule.Spec.Groups[0].Name), "nothing reached the pod")
			running.Node.Release()
			s.eventuallyServes(ctx, rule, 20*time.Second)
		},
	})
	prove(fault{
		id: "B15", what: "the poke arrives before the kubelet's cache has the new rules", guard: "pods that stay stale are poked again",
		run: func(ctx context.Context, s *site) {
			running.Node.LagConfigMaps(3 * time.Second)
			defer running.Node.LagConfigMaps(0)
			rule := s.fresh("Late")
			count := s.countPokes()
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 12*time.Second)
			Expect(count()).To(BeNumerically("<=", 8), "it is poked no more often than every 1.1 s")
		},
	})
	prove(fault{
		id: "B16", what: "patching pods is forbidden", guard: "a forbidden poke is not a failure of the whole pass", limit: 3 * time.Minute,
		run: func(ctx context.Context, s *site) {
			s.mayPatchPods(ctx, false)
			defer s.mayPatchPods(ctx, true)
			running.Node.Hold() // its own pace may be just now, and then nothing is pending that a status could tell of
			defer running.Node.Release()
			rule := s.fresh("Slow")
			create(ctx, rule)
			Eventually(s.loadedCondition(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(And(
				HaveField("Status", v1.ConditionUnknown), HaveField("Reason", "PodsNotPatchable"), HaveField("Message", ContainSubstring("may not patch pods"))), "the status says why it takes long")
			Consistently(s.reconciled(ctx)).WithContext(ctx).WithTimeout(5*time.Second).Should(HaveField("Status", v1.ConditionTrue), "all else is reconciled")
			running.Node.Release()
			s.eventuallyServes(ctx, rule, 100*time.Second)
			Eventually(s.loadedCondition(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(HaveField("Status", v1.ConditionTrue), "it is proved, if late")
			s.mayPatchPods(ctx, true)
			fast := s.fresh("Fast")
			create(ctx, fast)
			s.eventuallyServes(ctx, fast, 10*time.Second)
		},
	})
	prove(fault{
		id: "B17", what: "a second update within a second of the first", guard: "a poke that comes too early is made up for when it is due",
		run: func(ctx context.Context, s *site) {
			rule := s.fresh("Twice")
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 10*time.Second)
			for n := range 5 {
				for half := range 2 {
					change(ctx, rule, func(r *v1.PrometheusRule) {
						r.Spec.Groups[0].Rules[0].Expr = intstr.FromString(fmt.Sprintf("up == %d", 10*n+half+1))
					})
				}
				s.eventuallyServes(ctx, rule, 10*time.Second)
			}
		},
	})
	prove(fault{
		id: "B18", what: "100 updates in 10 s", guard: "pokes of a pod are at least 1.1 s apart",
		run: func(ctx context.Context, s *site) {
			rule := s.fresh("Busy")
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 10*time.Second)
			count, started := s.countPokes(), time.Now()
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for n := range 100 {
				change(ctx, rule, func(r *v1.PrometheusRule) {
					r.Spec.Groups[0].Rules[0].Expr = intstr.FromString(fmt.Sprintf("up == %d", n))
				})
				<-tick.C
			}
			s.eventuallyServes(ctx, rule, 10*time.Second)
			Expect(count()).To(BeNumerically("<=", int(time.Since(started)/(1100*time.Millisecond))+2), "pokes are 1.1 s apart")
		},
	})
	prove(fault{
		id: "B21", what: "a ConfigMap of rules is deleted by hand", guard: "what is missing is written again, whoever took it away",
		run: func(ctx context.Context, s *site) {
			key := client.ObjectKey{Namespace: s.namespace, Name: "prometheus-main-rulefiles-0"}
			var before, after corev1.ConfigMap
			Expect(running.Client.Get(ctx, key, &before)).To(Succeed(), "the ConfigMap is there")
			remove(ctx, &before)
			Eventually(func() error { return running.Client.Get(ctx, key, &after) }).WithContext(ctx).WithTimeout(10*time.Second).Should(Succeed(), "the ConfigMap is written again")
			Expect(after.Data).To(Equal(before.Data), "it has the same bytes under the same name")
		},
	})
	prove(fault{
		id: "B23", what: "the node takes a volume down under a running pod and makes another in its place", guard: "Prometheus reads rules from what was staged, not from the volume",
		run: func(ctx context.Context, s *site) {
			s.eventuallySettled(ctx) // so that what is restarted is restarted for this
			pod := nodelet.Pod{Namespace: s.namespace, Name: "prometheus-main-0"}
			before := restarts(pod)
			Expect(running.Node.EmptyVolume(pod, "prometheus-main-rulefiles-0")).To(Succeed(), "the node empties the volume")
			_, _, monitor := s.operatorMetrics(fmt.Sprintf("emptied%d", s.n))
			create(ctx, monitor) // so that Prometheus loads while there is nothing in the volume
			Eventually(config(ctx, s.replica(ctx, 0))).WithContext(ctx).WithTimeout(15*time.Second).Should(ContainSubstring("/"+monitor.Name+"/0"), "Prometheus runs the new job")
			rule := s.fresh("Emptied")
			create(ctx, rule)
			s.eventuallyServes(ctx, rule, 60*time.Second)
			s.eventuallyLoaded(ctx)
			before["rules-reloader"]++
			Expect(restarts(pod)).To(Equal(before), "one reloader is restarted, once, and nobody else")
			s.renewPod(ctx) // whose Prometheus has the new volume, too
		},
	})
	prove(fault{
		id: "B22", what: "the Secret is deleted; then a namespace is no longer selected", guard: "the removal of most of a set is told",
		run: func(ctx context.Context, s *site) {
			key := client.ObjectKey{Namespace: s.namespace, Name: "prometheus-main"}
			var secret corev1.Secret
			Expect(running.Client.Get(ctx, key, &secret)).To(Succeed(), "the Secret is there")
			remove(ctx, &secret)
			Eventually(func() error { return running.Client.Get(ctx, key, &secret) }).WithContext(ctx).WithTimeout(10*time.Second).Should(Succeed(), "the Secret is written again")

			other := team{namespace: fmt.Sprintf("other%d", s.n)}
			Expect(running.Namespace(ctx, other.namespace, map[string]string{"site": s.namespace})).To(Succeed(), "another namespace is made")
			count := 15 + s.n%10 // as many as no other run takes away
			for n := range count {
				create(ctx, other.rule(fmt.Sprintf("Other%d", n), "up == 0"))
			}
			Eventually(func() (map[string]string, error) { return s.alerts(ctx, 0), nil }).WithContext(ctx).WithTimeout(15*time.Second).Should(HaveLen(count+1), "the rules of the other namespace are served")
			change(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: other.namespace}}, func(ns *corev1.Namespace) { delete(ns.Labels, "site") })
			Eventually(func() (map[string]string, error) { return s.alerts(ctx, 0), nil }).WithContext(ctx).WithTimeout(15*time.Second).Should(HaveLen(1), "the rules of the other namespace are gone")
			Eventually(eventsOn(ctx, s.prometheusObject(ctx))).WithContext(ctx).WithTimeout(30*time.Second).Should(
				ContainElement(ContainSubstring(fmt.Sprintf("%d of %d rule groups", count, count+1))), "an event says how much it was")
			remove(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: other.namespace}})
		},
	})
})

// restarts is how often each container of a pod was restarted.
func restarts(pod nodelet.Pod) map[string]int {
	GinkgoHelper()
	out := map[string]int{}
	for _, name := range []string{"prometheus", "config-reloader", "rules-reloader"} {
		count, err := running.Node.RestartCount(pod, name)
		Expect(err).NotTo(HaveOccurred(), "the node knows the container")
		out[name] = count
	}
	return out
}

// loadedCondition is the condition Loaded of the Prometheus.
func (t team) loadedCondition(ctx context.Context) func() v1.Condition {
	return t.condition(ctx, v1.Loaded)
}

func (t team) reconciled(ctx context.Context) func() v1.Condition {
	return t.condition(ctx, v1.Reconciled)
}

func (t team) condition(ctx context.Context, kind v1.ConditionType) func() v1.Condition {
	return func() v1.Condition {
		GinkgoHelper()
		conditions := t.prometheusObject(ctx).Status.Conditions
		i := slices.IndexFunc(conditions, func(c v1.Condition) bool { return c.Type == kind })
		if i < 0 {
			return v1.Condition{}
		}
		return conditions[i]
	}
}

// alerts are the expressions that a replica serves; none while it does not answer.
func (t team) alerts(ctx context.Context, replica int) map[string]string {
	p, err := t.find(ctx, replica)
	if err != nil {
		return nil
	}
	loaded, err := p.Expressions(ctx)
	if err != nil {
		return nil
	}
	return loaded
}

// eventuallyServes waits until every replica serves the rule as it stands.
func (t team) eventuallyServes(ctx context.Context, rule *v1.PrometheusRule, within time.Duration) {
	GinkgoHelper()
	first := rule.Spec.Groups[0].Rules[0]
	Eventually(func(g Gomega) {
		for n := range t.pods {
			g.Expect(t.alerts(ctx, n)).To(HaveKeyWithValue(first.Alert, first.Expr.String()))
		}
	}).WithContext(ctx).WithTimeout(within).Should(Succeed(), "every replica serves the rule as it stands")
}

// countPokes counts patches of pods from now on; what it returns ends that and tells how many there were.
func (s *site) countPokes() func() int {
	var pokes atomic.Int64
	s.op.Gate.After(func(w stack.Write) {
		if w.Method == http.MethodPatch && strings.Contains(w.Path, "/pods/") {
			pokes.Add(1)
		}
	})
	return func() int {
		s.op.Gate.After(nil)
		return int(pokes.Load())
	}
}

// mayPatchPods takes the right to patch pods from the operator's ClusterRole, or gives it back, and waits until that counts: the API
// server learns of its roles by a watch of its own.
func (s *site) mayPatchPods(ctx context.Context, may bool) {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "manager-role"}}
	change(ctx, role, func(role *rbacv1.ClusterRole) {
		for i, rule := range role.Rules {
			if !slices.Contains(rule.Resources, "pods") {
				continue
			}
			verbs := slices.DeleteFunc(rule.Verbs, func(v string) bool { return v == "patch" })
			if may {
				verbs = append(verbs, "patch")
			}
			role.Rules[i].Verbs = verbs
		}
	})
	Eventually(func() (bool, error) {
		review := &authorizationv1.SubjectAccessReview{}
		review.Spec.User = stack.OperatorUser
		review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{Namespace: s.namespace, Verb: "patch", Resource: "pods"}
		err := running.Client.Create(ctx, review)
		return review.Status.Allowed, err
	}).WithContext(ctx).Should(Equal(may), "the role counts")
}
