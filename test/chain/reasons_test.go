package chain

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

// The three reasons for a reload. Each is seen in Prometheus itself, without a restart of its process.
var _ = Describe("A change goes live", func() {
	It("when the Prometheus object changes", func(ctx SpecContext) {
		t := newTeam(ctx, "object")
		p := t.replica(ctx, 0)
		started := startOf(ctx, p)
		reloads := metric(ctx, p, "prometheus_config_last_reload_success_timestamp_seconds")

		change(ctx, t.prometheusObject(ctx), func(o *v1.Prometheus) {
			o.Spec.ExternalLabels = map[string]string{"cluster": "blue"}
			o.Spec.ScrapeInterval = "7s"
		})

		Eventually(config(ctx, p)).WithContext(ctx).Should(And(ContainSubstring("cluster: blue"), ContainSubstring("scrape_interval: 7s")))
		Expect(startOf(ctx, p)).To(Equal(started), "a configuration change needs no restart")
		Expect(metric(ctx, p, "prometheus_config_last_reload_success_timestamp_seconds")).To(BeNumerically(">=", reloads))
		Expect(metric(ctx, p, "prometheus_config_last_reload_successful")).To(Equal(1.0))
		t.eventuallyLoaded(ctx)
	}, SpecTimeout(4*time.Minute))

	It("when a PrometheusRule is created, changed and deleted", func(ctx SpecContext) {
		t := newTeam(ctx, "rules")
		p := t.replica(ctx, 0)
		started := startOf(ctx, p)
		rule := t.rule("TargetDown", "up == 0")

		create(ctx, rule)
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKeyWithValue("TargetDown", "up == 0"))

		change(ctx, rule, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "up < 1" })
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKeyWithValue("TargetDown", "up < 1"))

		remove(ctx, rule)
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(BeEmpty())
		Expect(startOf(ctx, p)).To(Equal(started), "no rule change restarts a Prometheus")
	}, SpecTimeout(4*time.Minute))

	It("when a ServiceMonitor is created, changed and deleted", func(ctx SpecContext) {
		t := newTeam(ctx, "servicemonitor")
		p := t.replica(ctx, 0)
		service, endpoints, monitor := t.operatorMetrics("operator")
		create(ctx, service)
		create(ctx, endpoints)

		create(ctx, monitor)
		const pool = "serviceMonitor/servicemonitor/operator/0"
		Eventually(pools(ctx, p)).WithContext(ctx).Should(HaveKeyWithValue(pool, ConsistOf(promv1.HealthGood)), "the operator's metrics are scraped")

		change(ctx, monitor, func(m *v1.ServiceMonitor) {
			m.Spec.Endpoints[0].MetricRelabelConfigs = []v1.RelabelConfig{{Action: "labeldrop", Regex: "planted"}}
			m.Spec.Endpoints[0].Interval = "2s"
		})
		Eventually(config(ctx, p)).WithContext(ctx).Should(And(ContainSubstring("regex: planted"), ContainSubstring("scrape_interval: 2s")))

		remove(ctx, monitor)
		Eventually(pools(ctx, p)).WithContext(ctx).ShouldNot(HaveKey(pool))
	}, SpecTimeout(4*time.Minute))

	It("when a PodMonitor is created, changed and deleted", func(ctx SpecContext) {
		t := newTeam(ctx, "podmonitor")
		p := t.replica(ctx, 0)
		port := "web"
		monitor := &v1.PodMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "self"}}
		monitor.Spec.Selector = metav1.LabelSelector{MatchLabels: map[string]string{"app": "prometheus"}}
		monitor.Spec.PodMetricsEndpoints = []v1.PodMetricsEndpoint{{Port: &port}}

		create(ctx, monitor)
		const pool = "podMonitor/podmonitor/self/0"
		Eventually(pools(ctx, p)).WithContext(ctx).Should(HaveKeyWithValue(pool, ConsistOf(promv1.HealthGood)), "Prometheus scrapes its own pod")

		change(ctx, monitor, func(m *v1.PodMonitor) {
			m.Spec.PodMetricsEndpoints[0].RelabelConfigs = []v1.RelabelConfig{{TargetLabel: "team", Replacement: &m.Name}}
		})
		Eventually(targetLabels(ctx, p, pool)).WithContext(ctx).Should(HaveKeyWithValue("team", "self"))

		remove(ctx, monitor)
		Eventually(pools(ctx, p)).WithContext(ctx).ShouldNot(HaveKey(pool))
	}, SpecTimeout(4*time.Minute))
})

var _ = Describe("The configuration Secret", func() {
	It("holds a gzipped configuration that Prometheus loads", func(ctx SpecContext) {
		t := newTeam(ctx, "secret")
		_, _, monitor := t.operatorMetrics("operator")
		create(ctx, monitor)
		Eventually(config(ctx, t.replica(ctx, 0))).WithContext(ctx).Should(ContainSubstring("serviceMonitor/secret/operator/0"))

		var secret corev1.Secret
		Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main"}, &secret)).To(Succeed())
		unpacked, err := gzip.NewReader(bytes.NewReader(secret.Data["prometheus.yaml.gz"]))
		Expect(err).NotTo(HaveOccurred())
		text, err := io.ReadAll(unpacked)
		Expect(err).NotTo(HaveOccurred())
		path := filepath.Join(GinkgoT().TempDir(), "prometheus.yaml")
		Expect(os.WriteFile(path, text, 0o600)).To(Succeed())
		out, err := exec.CommandContext(ctx, running.Cluster.Program("promtool"), "check", "config", "--syntax-only", path).CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
	}, SpecTimeout(4*time.Minute))
})

func config(ctx context.Context, p *stack.Prometheus) func() (string, error) {
	return func() (string, error) {
		c, err := p.Config(ctx)
		return c.YAML, err
	}
}

func expressions(ctx context.Context, p *stack.Prometheus) func() (map[string]string, error) {
	return func() (map[string]string, error) { return p.Expressions(ctx) }
}

func pools(ctx context.Context, p *stack.Prometheus) func() (map[string][]promv1.HealthStatus, error) {
	return func() (map[string][]promv1.HealthStatus, error) { return p.Pools(ctx) }
}

func targetLabels(ctx context.Context, p *stack.Prometheus, pool string) func() (map[string]string, error) {
	return func() (map[string]string, error) {
		result, err := p.Targets(ctx)
		out := map[string]string{}
		for _, t := range result.Active {
			if t.ScrapePool == pool {
				for name, value := range t.Labels {
					out[string(name)] = string(value)
				}
			}
		}
		return out, err
	}
}

func startOf(ctx context.Context, p *stack.Prometheus) time.Time {
	GinkgoHelper()
	started, err := p.Started(ctx)
	Expect(err).NotTo(HaveOccurred())
	return started
}

func metric(ctx context.Context, p *stack.Prometheus, name string) float64 {
	GinkgoHelper()
	value, err := p.Metric(ctx, name)
	Expect(err).NotTo(HaveOccurred())
	return value
}
