package chain

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
)

// The ConfigMaps of one Prometheus are filled for real. No namespace may take them all, so several do: two with objects of nearly a
// ConfigMap each, and one more for each gap that those leave.
var _ = Describe("When the rule ConfigMaps are full", Ordered, func() {
	const shards = 16
	var t, last, next, edited team

	BeforeAll(func(ctx SpecContext) {
		member := &metav1.LabelSelector{MatchLabels: map[string]string{"fills": "yes"}}
		t = newTeam(ctx, "full", func(p *v1.Prometheus) { p.Spec.RuleNamespaceSelector = member })
		big := []team{tenant(ctx, "full-big-0"), tenant(ctx, "full-big-1")}
		for i := range shards {
			create(ctx, big[i%2].filler(fmt.Sprintf("Big%dx", i), 910_000))
		}
		Eventually(filled(ctx, t, 900_000)).WithContext(ctx).Should(Equal(shards))
		for i := range shards - 1 {
			create(ctx, tenant(ctx, fmt.Sprintf("full-gap-%d", i)).filler("Gap", 60_000))
		}
		edited = tenant(ctx, "full-edited")
		create(ctx, bypass(edited.rule("Edited", "vector(0) > 1")))
		Eventually(filled(ctx, t, 970_000)).WithContext(ctx).Should(Equal(shards-1), "all but one, which has room for one object more")
		Eventually(expressions(ctx, t.replica(ctx, 0))).WithContext(ctx).Should(And(HaveKey("Edited"), HaveKey("Big15x"), HaveKey("Gap")))
		last, next = tenant(ctx, "full-last"), tenant(ctx, "full-next")
	}, NodeTimeout(5*time.Minute))

	It("kubectl apply refuses an object that fits none, and says what to do", func(ctx SpecContext) {
		_, err := kubectlApply(ctx, last.filler("Late", 100_000))
		Expect(err).To(MatchError(And(
			ContainSubstring("Prometheus full/main: the rules take 100"), ContainSubstring("of 16, each with a limit of 983040 bytes"),
			ContainSubstring("the emptiest (prometheus-main-rulefiles-"), ContainSubstring("and the fullest (prometheus-main-rulefiles-"),
			ContainSubstring("make the object smaller, delete rules, or raise --rule-shards"),
		)))
	}, SpecTimeout(6*time.Minute)) // the filling counts

	It("the later of two requests that race past the webhook is held back whole, until there is room", func(ctx SpecContext) {
		first, second := bypass(last.filler("First", 60_000)), bypass(next.filler("Second", 60_000))
		create(ctx, first)
		create(ctx, second)
		Eventually(acceptance(ctx, second)).WithContext(ctx).Should(And(
			HaveField("Status", v1.ConditionFalse), HaveField("Reason", "NoRoom"), HaveField("Message", ContainSubstring("held back"))))
		Eventually(acceptance(ctx, first)).WithContext(ctx).Should(HaveField("Status", v1.ConditionTrue))
		p := t.replica(ctx, 0)
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("First"))
		Expect(expressions(ctx, p)()).NotTo(HaveKey(HavePrefix("Second")), "not one rule of it")

		By("growing an object that stands")
		grown := edited.rule("Edited", "")
		bulk := edited.filler("Edited", 60_000).Spec.Groups
		change(ctx, grown, func(r *v1.PrometheusRule) {
			r.Spec.Groups = bulk
			r.Spec.Groups[0].Rules[0].Expr = intstr.FromString("vector(0) > 2")
		})
		Eventually(acceptance(ctx, grown)).WithContext(ctx).Should(And(HaveField("Reason", "NoRoom"),
			HaveField("Message", ContainSubstring("held back, their last accepted form stays")), HaveField("ObservedGeneration", grown.Generation)))
		Expect(expressions(ctx, p)()).To(HaveKeyWithValue("Edited", "vector(0) > 1"))

		By("making room, which goes to what stands already before it goes to what is new")
		remove(ctx, first)
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(And(HaveKeyWithValue("Edited", "vector(0) > 2"), Not(HaveKey("First"))))
		remove(ctx, grown)
		Eventually(acceptance(ctx, second)).WithContext(ctx).Should(HaveField("Status", v1.ConditionTrue), "nobody has to touch it")
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(And(HaveKey("Second"), Not(HaveKey("Edited"))))
	}, SpecTimeout(4*time.Minute))
})

// tenant is a namespace whose rules the full Prometheus selects.
func tenant(ctx context.Context, name string) team {
	GinkgoHelper()
	create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"fills": "yes"}}})
	t := team{namespace: name}
	DeferCleanup(func(ctx context.Context) {
		Expect(running.Client.DeleteAllOf(ctx, &v1.PrometheusRule{}, client.InNamespace(name))).To(Succeed())
	})
	return t
}

// filled counts the rule ConfigMaps with more than the given bytes in them.
func filled(ctx context.Context, t team, least int) func() (int, error) {
	return func() (int, error) {
		var list corev1.ConfigMapList
		err := running.Client.List(ctx, &list, client.InNamespace(t.namespace))
		count := 0
		for _, cm := range list.Items {
			bytes := 0
			for file, content := range cm.Data {
				bytes += len(file) + len(content)
			}
			if bytes > least {
				count++
			}
		}
		return count, err
	}
}

// acceptance is what the full Prometheus says of a rule, in the rule's own status.
func acceptance(ctx context.Context, rule *v1.PrometheusRule) func() (v1.ConfigResourceCondition, error) {
	return func() (v1.ConfigResourceCondition, error) {
		if err := running.Client.Get(ctx, client.ObjectKeyFromObject(rule), rule); err != nil {
			return v1.ConfigResourceCondition{}, err
		}
		for _, b := range rule.Status.Bindings {
			for _, c := range b.Conditions {
				if c.Type == v1.Accepted {
					return c, nil
				}
			}
		}
		return v1.ConfigResourceCondition{}, nil
	}
}
