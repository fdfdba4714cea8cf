package chain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

var _ = Describe("At the door", func() {
	It("kubectl apply refuses a rule that is wrong or too big, in words to act on", func(ctx SpecContext) {
		t := newTeam(ctx, "door")
		broken, twice, huge := t.rule("Broken", "sum(up"), t.rule("Twice", "up"), t.rule("Huge", "up")
		twice.Spec.Groups = append(twice.Spec.Groups, twice.Spec.Groups[0])
		huge.Spec.Groups[0].Rules[0].Annotations = map[string]string{"text": strings.Repeat("x", 1_100_000)}
		for _, refused := range []struct {
			rule *v1.PrometheusRule
			says []string
		}{
			{broken, []string{"spec.groups[0].rules[0].expr", "1:7"}},
			{twice, []string{"Twice", "uplicate"}},
			{huge, []string{"1100014 bytes", "the limit is 983040", "spread the groups"}},
		} {
			out, err := kubectlApply(ctx, refused.rule)
			Expect(err).To(HaveOccurred(), out)
			for _, text := range refused.says {
				Expect(err.Error() + out).To(ContainSubstring(text))
			}
		}
		_, err := kubectlApply(ctx, t.rule("Fine", "up == 0"))
		Expect(err).NotTo(HaveOccurred())
		Eventually(expressions(ctx, t.replica(ctx, 0))).WithContext(ctx).Should(HaveKey("Fine"))
	}, SpecTimeout(4*time.Minute))
})

var _ = Describe("A rule that moves to another ConfigMap", func() {
	It("keeps its alert firing since when it did", func(ctx SpecContext) {
		t := newTeam(ctx, "moving")
		p := t.replica(ctx, 0)
		rule := t.rule("Stays", "vector(1)")
		create(ctx, rule)
		Eventually(activeAt(ctx, p, "Stays")).WithContext(ctx).ShouldNot(BeZero())
		since, err := activeAt(ctx, p, "Stays")()
		Expect(err).NotTo(HaveOccurred())
		before := t.shardOf(ctx, rule)

		for n := range 2 {
			create(ctx, t.filler(fmt.Sprintf("Filler%d", n), 330_000))
		}
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Filler1"))
		// The group that fires stays as it is; a second one makes the object outgrow its ConfigMap.
		bulk := t.filler("Bulk", 400_000).Spec.Groups[0]
		change(ctx, rule, func(r *v1.PrometheusRule) { r.Spec.Groups = append(r.Spec.Groups, bulk) })
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKey("Bulk"))

		Expect(t.shardOf(ctx, rule)).NotTo(Equal(before), "it was made to move")
		Expect(activeAt(ctx, p, "Stays")()).To(Equal(since), "nobody is paged anew because of where a file lies")
	}, SpecTimeout(4*time.Minute))
})

// filler is a rule of about the given size in bytes.
func (t team) filler(alert string, bytes int) *v1.PrometheusRule {
	r := t.rule(alert, "vector(0) > 1")
	for n := range bytes / 10_000 {
		more := v1.Rule{Alert: fmt.Sprintf("%s%d", alert, n), Expr: intstr.FromString("vector(0) > 1"), Annotations: map[string]string{"text": strings.Repeat("x", 10_000)}}
		r.Spec.Groups[0].Rules = append(r.Spec.Groups[0].Rules, more)
	}
	return r
}

// shardOf names the ConfigMap that holds the file of a rule.
func (t team) shardOf(ctx context.Context, rule *v1.PrometheusRule) string {
	GinkgoHelper()
	var list corev1.ConfigMapList
	Expect(running.Client.List(ctx, &list, client.InNamespace(t.namespace))).To(Succeed(), "ConfigMaps can be listed")
	var holders []string
	for _, cm := range list.Items {
		for file := range cm.Data {
			if strings.Contains(file, rule.Name) {
				holders = append(holders, cm.Name)
			}
		}
	}
	Expect(holders).To(HaveLen(1), "every file is in exactly one ConfigMap")
	return holders[0]
}

// activeAt is since when an alert fires, zero while it does not.
func activeAt(ctx context.Context, p *stack.Prometheus, alert string) func() (time.Time, error) {
	return func() (time.Time, error) {
		result, err := p.Alerts(ctx)
		for _, a := range result.Alerts {
			if string(a.Labels["alertname"]) == alert && a.State == promv1.AlertStateFiring {
				return a.ActiveAt, nil
			}
		}
		return time.Time{}, err
	}
}

func kubectlApply(ctx context.Context, rule *v1.PrometheusRule, args ...string) (string, error) {
	GinkgoHelper()
	rule.APIVersion, rule.Kind = v1.GroupVersion.String(), "PrometheusRule"
	data, err := yaml.Marshal(rule)
	Expect(err).NotTo(HaveOccurred())
	file := filepath.Join(GinkgoT().TempDir(), "rule.yaml")
	Expect(os.WriteFile(file, data, 0o600)).To(Succeed())
	return running.Cluster.Kubectl(ctx, append([]string{"apply", "--server-side", "-f", file}, args...)...)
}
