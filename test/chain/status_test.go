package chain

import (
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
)

var _ = Describe("Where users look", func() {
	It("kubectl wait returns when a rule is live in every replica, and not before", func(ctx SpecContext) {
		t := newTeam(ctx, "wait", func(p *v1.Prometheus) { p.Spec.Replicas = ptr.To[int32](2) })
		rule := t.rule("Waited", "up == 0")
		rule.APIVersion, rule.Kind = v1.GroupVersion.String(), "PrometheusRule"
		data, err := yaml.Marshal(rule)
		Expect(err).NotTo(HaveOccurred())
		file := filepath.Join(GinkgoT().TempDir(), "rule.yaml")
		Expect(os.WriteFile(file, data, 0o600)).To(Succeed())

		_, err = running.Cluster.Kubectl(ctx, "apply", "-f", file)
		Expect(err).NotTo(HaveOccurred())
		out, err := running.Cluster.Kubectl(ctx, "-n", t.namespace, "wait", "--for=condition=Ready", "--timeout=100s", "promrule/waited")
		Expect(err).NotTo(HaveOccurred(), out)
		for n := range 2 {
			Expect(expressions(ctx, t.replica(ctx, n))()).To(HaveKeyWithValue("Waited", "up == 0"), "Ready said so")
		}
		out, err = running.Cluster.Kubectl(ctx, "-n", t.namespace, "get", "promrule", "waited")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(MatchRegexp(`waited\s+True\s+True`), "the print columns tell it at a glance")
	}, SpecTimeout(4*time.Minute))

	It("an object that no Prometheus selects says why", func(ctx SpecContext) {
		t := newTeam(ctx, "unselected", func(p *v1.Prometheus) {
			p.Spec.RuleSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "other"}}
		})
		rule := t.rule("Unselected", "up == 0")
		create(ctx, rule)
		says := func(why string) {
			Eventually(func(g Gomega) {
				g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(rule), rule)).To(Succeed())
				g.Expect(rule.Status.Conditions).To(ContainElement(And(
					HaveField("Type", "Ready"), HaveField("Reason", "NotSelected"), HaveField("Message", ContainSubstring(why)))))
			}).WithContext(ctx).Should(Succeed())
		}
		says("unselected/main: spec.ruleSelector: the object lacks label team, wanted is team=other")
		change(ctx, t.prometheusObject(ctx), func(p *v1.Prometheus) { p.Spec.RuleSelector.MatchLabels["team"] = "another" })
		says("wanted is team=another")
	}, SpecTimeout(4*time.Minute))

	It("the service of the kubelets lists every node", func(ctx SpecContext) {
		var nodes corev1.NodeList
		Expect(running.Client.List(ctx, &nodes)).To(Succeed())
		Eventually(func(g Gomega) {
			var slices discoveryv1.EndpointSliceList
			g.Expect(running.Client.List(ctx, &slices, client.InNamespace("kube-system"), client.MatchingLabels{discoveryv1.LabelServiceName: "kubelet"})).To(Succeed())
			g.Expect(slices.Items).To(HaveLen(1), "ours alone: Kubernetes must not mirror the Endpoints beside it")
			g.Expect(slices.Items[0].Endpoints).To(HaveLen(len(nodes.Items)))
			var endpoints corev1.Endpoints // older configurations discover through it
			g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: "kube-system", Name: "kubelet"}, &endpoints)).To(Succeed())
			g.Expect(endpoints.Subsets[0].Addresses).To(HaveLen(len(nodes.Items)))
		}).WithContext(ctx).Should(Succeed())
	}, SpecTimeout(time.Minute))
})
