package chain

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

var _ = Describe("The operator's metrics", func() {
	It("are those that alerts and dashboards read", Serial, func(ctx SpecContext) {
		t := newTeam(ctx, "metrics", func(p *v1.Prometheus) { p.Spec.EnforcedSampleLimit = new(int64(1_000_000)) })
		good := t.rule("Good", "up == 0")
		create(ctx, good)
		create(ctx, bypass(t.rule("Bad", "up ==")))
		Eventually(ready(ctx, good)).WithContext(ctx).Should(BeTrue())

		// A lease is what one operator of several has.
		Expect(running.Operator.Stop()).To(Succeed())
		leader, err := running.StartOperator(ctx, stack.OperatorOptions{Name: "leader", Flags: []string{
			"--leader-elect=true", "--leader-election-namespace=" + metav1.NamespaceDefault, "--kubelet-service=kube-system/kubelet",
		}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx context.Context) {
			Expect(leader.Dismiss()).To(Succeed())
			Expect(running.Operator.Start(ctx)).To(Succeed())
		})
		Eventually(leads(ctx, leader)).WithContext(ctx).Should(BeTrue())
		create(ctx, t.rule("Timed", "up == 0"))
		Eventually(func(g Gomega) {
			families := scrape(ctx, g, leader.Metrics)
			for _, m := range listedMetrics() {
				if m.Source != "operator" || m.Name == "promloop_webhook_certificate_expiry_timestamp_seconds" { // no webhooks here
					continue
				}
				g.Expect(families).To(HaveKey(m.Name))
				g.Expect(labelsOf(families[m.Name])).To(ContainElements(m.Labels), m.Name)
			}
			g.Expect(value(families["promloop_change_to_loaded_seconds"], "kind", "PrometheusRule")).To(BeNumerically(">=", 1), "the change was timed")
			g.Expect(value(families["promloop_rule_groups_rejected"], "name", "bad")).To(Equal(1.0))
			g.Expect(value(families["prometheus_operator_ready"], "controller", "prometheus")).To(Equal(1.0))
		}).WithContext(ctx).Should(Succeed())
		for name := range scrape(ctx, Default, leader.Metrics) {
			if strings.HasPrefix(name, "promloop_") || strings.HasPrefix(name, "prometheus_operator_") {
				Expect(listedMetrics()).To(ContainElement(HaveField("Name", name)), "config/prometheus/metrics.yaml lists all")
			}
		}
	}, SpecTimeout(4*time.Minute))
})

type listedMetric struct {
	Name, Source string
	Labels       []string
}

// listedMetrics are those of config/prometheus/metrics.yaml.
func listedMetrics() []listedMetric {
	GinkgoHelper()
	text, err := os.ReadFile(stack.Source("config", "prometheus", "metrics.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var out []listedMetric
	Expect(yaml.Unmarshal(text, &out)).To(Succeed())
	return out
}

func scrape(ctx context.Context, g Gomega, address string) map[string]*dto.MetricFamily {
	GinkgoHelper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/metrics", address), nil)
	g.Expect(err).NotTo(HaveOccurred())
	resp, err := http.DefaultClient.Do(req)
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	return families
}

func labelsOf(family *dto.MetricFamily) []string {
	var names []string
	for _, m := range family.GetMetric() {
		for _, l := range m.GetLabel() {
			names = append(names, l.GetName())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// value is that of the first series with the label; of a histogram, how often it was observed.
func value(family *dto.MetricFamily, label, want string) float64 {
	for _, m := range family.GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == label && l.GetValue() == want {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}
