package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

func rule(name string, exprs ...string) *v1.PrometheusRule {
	o := &v1.PrometheusRule{
		TypeMeta:   metav1.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "PrometheusRule"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: name},
	}
	g := v1.RuleGroup{Name: "g"}
	for i, expr := range exprs {
		g.Rules = append(g.Rules, v1.Rule{Record: fmt.Sprintf("r%d", i), Expr: intstr.FromString(expr)})
	}
	o.Spec.Groups = []v1.RuleGroup{g}
	return o
}

func sized(name string, bytes int) *v1.PrometheusRule {
	o := rule(name)
	for i := range bytes / 10_000 {
		o.Spec.Groups[0].Rules = append(o.Spec.Groups[0].Rules, v1.Rule{
			Alert: fmt.Sprintf("A%d", i), Expr: intstr.FromString("up"), Annotations: map[string]string{"text": strings.Repeat("x", 10_000)},
		})
	}
	return o
}

// apply runs kubectl apply as a user does and returns all it says.
func apply(ctx context.Context, o client.Object, args ...string) (string, error) {
	data, err := json.Marshal(o)
	Expect(err).NotTo(HaveOccurred())
	return kubectlApply(ctx, string(data), append([]string{"--server-side"}, args...)...)
}

func kubectlApply(ctx context.Context, manifest string, args ...string) (string, error) {
	kubectl := filepath.Join(cluster.ControlPlane.APIServer.Path, "..", "kubectl")
	cmd := exec.CommandContext(ctx, kubectl, append([]string{"--kubeconfig", kubeconfig, "apply", "-f", "-"}, args...)...)
	cmd.Stdin = strings.NewReader(manifest)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func selectingAll(name string) *v1.Prometheus {
	p := &v1.Prometheus{
		TypeMeta:   metav1.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "Prometheus"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: name},
	}
	p.Spec.RuleSelector, p.Spec.RuleNamespaceSelector = &metav1.LabelSelector{}, &metav1.LabelSelector{}
	return p
}

// shard is a rule ConfigMap that holds the given number of bytes.
func shard(prometheus string, index, bytes int) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "monitoring", Name: world.RuleShardName(prometheus, index), Labels: map[string]string{world.NameLabel: prometheus},
		},
		Data: map[string]string{fmt.Sprintf("other_%d.yaml", index): strings.Repeat("#", bytes)},
	}
}

var _ = Describe("kubectl apply", Ordered, func() {
	BeforeAll(func(ctx SpecContext) {
		Expect(k8s.Create(ctx, selectingAll("main"))).To(Succeed())
		Eventually(func() (string, error) { return apply(ctx, rule("probe", "up"), "--dry-run=server") }).
			ShouldNot(ContainSubstring("no Prometheus selects"), "the webhook's cache must have the Prometheus")
	})

	DescribeTable("refuses with a message that a user can act on", func(ctx SpecContext, object client.Object, says ...string) {
		out, err := apply(ctx, object)
		Expect(err).To(HaveOccurred(), out)
		for _, part := range says {
			Expect(out).To(ContainSubstring(part))
		}
		Expect(apierrors.IsNotFound(k8s.Get(ctx, client.ObjectKeyFromObject(object), &v1.PrometheusRule{}))).To(BeTrue())
	},
		Entry("a broken expression", rule("broken", "up", "sum(up) by ("),
			`admission webhook "prometheusrules.promloop.dev" denied the request`, "spec.groups[0].rules[1].expr: 1:", `group "g", record "r1"`),
		Entry("everything at once", rule("both", "up ==", "("), "rules[0].expr", "rules[1].expr"),
		Entry("an object of 1.1 MiB", sized("large", 1_153_434), "983040", "spread"),
		Entry("an object of 1.4 MiB, before it is parsed (F63)", sized("larger", 1_468_006), "limit is 1310720", "spread"),
		Entry("an object of 2.9 MiB, which etcd could not hold (F63)", sized("huge", 3_040_870), "limit is 1310720", "spread"),
		Entry("an object of 3.1 MiB, by the API server itself (F63)", sized("enormous", 3_250_585), "RequestEntityTooLarge", "3145728"),
		Entry("a duplicate group", doubled(), "groups", "g"),
		Entry("a template that can't be parsed", templated(), "annotation", "summary"),
	)

	It("warns of what is legal and likely wrong, and takes it", func(ctx SpecContext) {
		out, err := apply(ctx, rule("doubtful", "rate(up[5m])"))
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(ContainSubstring("Warning: spec.groups[0].rules[0].expr: PromQL info: metric might not be a counter"))
		Expect(out).To(ContainSubstring("serverside-applied"))
	})

	It("warns when nobody selects the object", func(ctx SpecContext) {
		monitor := &v1.ServiceMonitor{
			TypeMeta:   metav1.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "ServiceMonitor"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "web"},
			Spec:       v1.ServiceMonitorSpec{Endpoints: []v1.Endpoint{{Port: "web"}}},
		}
		out, err := apply(ctx, monitor)
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(ContainSubstring("Warning: no Prometheus selects this object: monitoring/main: the Prometheus has no spec.serviceMonitorSelector"))
	})

	It("refuses a Prometheus whose selector can't be read", func(ctx SpecContext) {
		p := selectingAll("unreadable")
		p.Spec.RuleSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Like"}}}
		out, err := apply(ctx, p)
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("spec.ruleSelector"))
	})

	It("judges a dry run, and leaves nothing behind", func(ctx SpecContext) {
		_, err := apply(ctx, rule("rehearsed", "up =="), "--dry-run=server")
		Expect(err).To(HaveOccurred())
		out, err := apply(ctx, rule("rehearsed", "up"), "--dry-run=server")
		Expect(err).NotTo(HaveOccurred(), out)
		Expect(apierrors.IsNotFound(k8s.Get(ctx, client.ObjectKeyFromObject(rule("rehearsed")), &v1.PrometheusRule{}))).To(BeTrue())
	})

	It("refuses what fits no ConfigMap, and takes it once there is room", func(ctx SpecContext) {
		full := []*corev1.ConfigMap{shard("main", 0, 900_000), shard("main", 1, 940_000)}
		for _, cm := range full {
			Expect(k8s.Create(ctx, cm)).To(Succeed())
		}
		object := sized("late", 200_000)
		Eventually(func() string { out, _ := apply(ctx, object); return out }).Should(And(
			ContainSubstring("Prometheus monitoring/main: the rules take 2"), ContainSubstring("of 2, each with a limit of 983040 bytes"),
			ContainSubstring("the emptiest (prometheus-main-rulefiles-0) has 8"), ContainSubstring("the fullest (prometheus-main-rulefiles-1) 4"),
			ContainSubstring("make the object smaller, delete rules, or raise --rule-shards"),
		))
		small, err := apply(ctx, rule("modest", "up"))
		Expect(err).NotTo(HaveOccurred(), small)
		Expect(k8s.Delete(ctx, full[1])).To(Succeed())
		Eventually(func() error { _, err := apply(ctx, object); return err }).Should(Succeed())
		Expect(k8s.Delete(ctx, full[0])).To(Succeed())
	})

	It("serves upstream's path for a webhook configuration of an existing installation", func(ctx SpecContext) {
		withoutReview(ctx, func() {
			existing := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "existing"}}
			Eventually(func() error {
				var ours admissionregistrationv1.ValidatingWebhookConfiguration
				if err := k8s.Get(ctx, client.ObjectKey{Name: configuration}, &ours); err != nil {
					return err
				}
				w := ours.Webhooks[0]
				server, _, _ := strings.Cut(*w.ClientConfig.URL, "/validate-")
				url, all := server+"/admission-prometheusrules/validate", admissionregistrationv1.AllScopes
				w.Name, w.ClientConfig.URL = "prometheusrulevalidate.monitoring.coreos.com", &url
				w.Rules[0].Resources, w.Rules[0].Scope = []string{"prometheusrules"}, &all
				existing.Webhooks, existing.ResourceVersion = []admissionregistrationv1.ValidatingWebhook{w}, ""
				return k8s.Create(ctx, existing)
			}).Should(Succeed())
			Eventually(func() error { return k8s.Create(ctx, rule("existing", "up =="), client.DryRunAll) }).Should(MatchError(And(
				ContainSubstring(`"prometheusrulevalidate.monitoring.coreos.com" denied the request`), ContainSubstring("parse error"))))
			Expect(k8s.Create(ctx, rule("existing", "up"), client.DryRunAll)).To(Succeed())
			Expect(k8s.Delete(ctx, existing)).To(Succeed())
		})
	})

	It("turns numbers into the text that they stand for", func(ctx SpecContext) {
		o := rule("unquoted")
		o.Annotations = map[string]string{"mine": "kept"}
		manifest := unquoted(o)
		for range 2 { // the second time there is an object already
			out, err := kubectlApply(ctx, manifest)
			Expect(err).NotTo(HaveOccurred(), out)
		}
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		r := o.Spec.Groups[0].Rules[0]
		Expect(r.Labels).To(Equal(map[string]string{"severity": "1", "page": "true"}))
		Expect(r.Annotations).To(Equal(map[string]string{"a/b~c": "2.5"}))
		Expect(o.Annotations).To(And(HaveKeyWithValue("mine", "kept"), HaveKeyWithValue("prometheus-operator-validated", "true")))
		Expect(k8s.Delete(ctx, o)).To(Succeed())
	})

	It("can't turn numbers of a server-side apply, whose types the API server reads before any webhook", func(ctx SpecContext) {
		out, err := kubectlApply(ctx, unquoted(rule("unquoted")), "--server-side")
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring("labels.severity: expected string"))
	})

	It("lets through what does not change what is judged", func(ctx SpecContext) {
		skipped := rule("grandfathered", "up ==")
		skipped.Labels = map[string]string{"promloop.dev/admission": "skip"}
		withoutReview(ctx, func() { Expect(k8s.Create(ctx, skipped)).To(Succeed()) })
		skipped.Annotations = map[string]string{"touched": "true"}
		Expect(k8s.Update(ctx, skipped)).To(Succeed(), "an annotation must not hang on an old mistake")
		skipped.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up >=")
		Expect(k8s.Update(ctx, skipped)).To(MatchError(ContainSubstring("parse error")))
		Expect(k8s.Delete(ctx, skipped)).To(Succeed())
	})
})

func doubled() *v1.PrometheusRule {
	o := rule("doubled", "up")
	o.Spec.Groups = append(o.Spec.Groups, o.Spec.Groups[0])
	return o
}

func templated() *v1.PrometheusRule {
	o := rule("templated")
	o.Spec.Groups[0].Rules = []v1.Rule{{Alert: "A", Expr: intstr.FromString("up"), Annotations: map[string]string{"summary": "{{ $labels.job "}}}
	return o
}

// unquoted is the manifest of o with a rule whose labels and annotations are no text.
func unquoted(o *v1.PrometheusRule) string {
	data, err := json.Marshal(o)
	Expect(err).NotTo(HaveOccurred())
	const rules = `"rules":[{"alert":"A","expr":"up","labels":{"severity":1,"page":true},"annotations":{"a/b~c":2.5}}]`
	return strings.Replace(string(data), `{"name":"g"}`, `{"name":"g",`+rules+`}`, 1)
}

// withoutReview runs do while PrometheusRules are not reviewed.
func withoutReview(ctx context.Context, do func()) {
	change := func(policy admissionregistrationv1.ScopeType) {
		Eventually(func() error {
			var c admissionregistrationv1.ValidatingWebhookConfiguration
			if err := k8s.Get(ctx, client.ObjectKey{Name: configuration}, &c); err != nil {
				return err
			}
			for i := range c.Webhooks {
				c.Webhooks[i].Rules[0].Scope = &policy
			}
			return k8s.Update(ctx, &c)
		}).Should(Succeed())
	}
	change(admissionregistrationv1.ClusterScope) // there are no PrometheusRules in that scope
	Eventually(func() error { return k8s.Create(ctx, rule("unreviewed", "up =="), client.DryRunAll) }).Should(Succeed())
	do()
	change(admissionregistrationv1.AllScopes)
	Eventually(func() error { return k8s.Create(ctx, rule("unreviewed", "up =="), client.DryRunAll) }).WithTimeout(10 * time.Second).ShouldNot(Succeed())
}
