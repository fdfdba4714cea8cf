package chain

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/test/chain/stack"
)

// samples is how many changes of each kind are measured: a few in every run of the suite, PROMLOOP_SAMPLES of them where the figures
// are the point (make latency).
func samples() int {
	if n, err := strconv.Atoi(os.Getenv("PROMLOOP_SAMPLES")); err == nil {
		return n
	}
	return 8
}

// lateness is what the suite itself insists on: figures depend on the machine, but a change that waits for the kubelet's own pace
// of 60 to 90 s was not poked.
const lateness = 15 * time.Second

// limits are what the 95th percentile must stay below: what is promised where figures are the point, lateness elsewhere.
func limits() (live, told time.Duration) {
	if os.Getenv("PROMLOOP_SAMPLES") == "" {
		return lateness, lateness
	}
	return 1500 * time.Millisecond, 500 * time.Millisecond
}

// The node keeps a kubelet's rhythm here: nothing arrives sooner than on a real one, and without a poke it takes 60 to 90 s.
var _ = Describe("Latency", Serial, func() {
	It("from a change to every replica of two, by kind", func(ctx SpecContext) {
		t := newTeam(ctx, "latency", func(p *v1.Prometheus) { p.Spec.Replicas = ptr.To[int32](2) })
		toLive, toTold := limits()
		lateLive, lateTold := map[string]time.Duration{}, map[string]time.Duration{}
		for _, kind := range []struct {
			name   string
			change func(n int) stack.Change
		}{
			{"Prometheus", t.prometheusChanges(ctx)},
			{"PrometheusRule", t.ruleChanges(ctx)},
			{"ServiceMonitor", t.serviceMonitorChanges(ctx)},
			{"PodMonitor", t.podMonitorChanges(ctx)},
			{"Probe", t.probeChanges(ctx)},
			{"ScrapeConfig", t.scrapeConfigChanges(ctx)},
		} {
			live, told := t.measure(ctx, kind.change)
			fmt.Fprintf(os.Stderr, "latency %s %s %s\n", kind.name, percentile(live, 50), percentile(live, 95))
			fmt.Fprintf(os.Stderr, "status %s %s %s\n", kind.name, percentile(told, 50), percentile(told, 95))
			lateLive[kind.name], lateTold[kind.name] = percentile(live, 95), percentile(told, 95)
		}
		Expect(lateLive).To(HaveEach(BeNumerically("<", toLive)), "pods are poked")
		Expect(lateTold).To(HaveEach(BeNumerically("<", toTold)), "sidecars are asked by long poll")
	}, SpecTimeout(15*time.Minute))
})

// measure makes the changes one after another. It returns how long each took to show in both replicas, and how long after that the
// status said Loaded.
func (t team) measure(ctx context.Context, change func(n int) stack.Change) (live, told []time.Duration) {
	GinkgoHelper()
	key := client.ObjectKey{Namespace: t.namespace, Name: "main"}
	for n := range samples() {
		times, err := running.Measure(ctx, change(n), key)
		Expect(err).NotTo(HaveOccurred())
		seen := time.Now()
		Expect(running.WaitLoaded(ctx, key)).To(Succeed())
		if c := change(n); c.Object != nil {
			Expect(running.WaitReady(ctx, c.Object)).To(Succeed())
		}
		live, told = append(live, times.Live), append(told, time.Since(seen))
	}
	return live, told
}

func percentile(values []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)].Round(time.Millisecond)
}

func (t team) prometheusChanges(ctx context.Context) func(int) stack.Change {
	p := t.prometheusObject(ctx)
	return func(n int) stack.Change {
		label := fmt.Sprintf("round-%d-", n)
		return stack.Change{
			Domain: contract.Config,
			Write:  stack.Edit(p, func() { p.Spec.ExternalLabels = map[string]string{"round": label} }),
			Live:   stack.ConfigHas(label),
		}
	}
}

func (t team) ruleChanges(ctx context.Context) func(int) stack.Change {
	rule := t.rule("Latency", "up == -1")
	create(ctx, rule)
	return func(n int) stack.Change {
		expr := fmt.Sprintf("up == %d", n)
		return stack.Change{
			Domain: contract.Rules, Object: rule,
			Write: stack.Edit(rule, func() { rule.Spec.Groups[0].Rules[0].Expr = intstr.FromString(expr) }),
			Live:  stack.AlertIs("Latency", expr),
		}
	}
}

func (t team) serviceMonitorChanges(ctx context.Context) func(int) stack.Change {
	_, _, monitor := t.operatorMetrics("latency")
	create(ctx, monitor)
	return func(n int) stack.Change {
		label := fmt.Sprintf("service-%d-", n)
		return stack.Change{
			Domain: contract.Config, Object: monitor,
			Write: stack.Edit(monitor, func() { monitor.Spec.Endpoints[0].RelabelConfigs = tag(label) }),
			Live:  stack.ConfigHas(label),
		}
	}
}

func (t team) podMonitorChanges(ctx context.Context) func(int) stack.Change {
	monitor := &v1.PodMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "latency"}}
	monitor.Spec.Selector = metav1.LabelSelector{MatchLabels: map[string]string{"app": "prometheus"}}
	monitor.Spec.PodMetricsEndpoints = []v1.PodMetricsEndpoint{{Port: ptr.To("web")}}
	create(ctx, monitor)
	return func(n int) stack.Change {
		label := fmt.Sprintf("pod-%d-", n)
		return stack.Change{
			Domain: contract.Config, Object: monitor,
			Write: stack.Edit(monitor, func() { monitor.Spec.PodMetricsEndpoints[0].RelabelConfigs = tag(label) }),
			Live:  stack.ConfigHas(label),
		}
	}
}

func (t team) probeChanges(ctx context.Context) func(int) stack.Change {
	probe := &v1.Probe{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "latency"}}
	probe.Spec.ProberSpec.URL = "prober:9115"
	probe.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"a"}}
	create(ctx, probe)
	return func(n int) stack.Change {
		label := fmt.Sprintf("probe-%d-", n)
		return stack.Change{
			Domain: contract.Config, Object: probe,
			Write: stack.Edit(probe, func() { probe.Spec.MetricRelabelConfigs = tag(label) }),
			Live:  stack.ConfigHas(label),
		}
	}
}

func (t team) scrapeConfigChanges(ctx context.Context) func(int) stack.Change {
	scrape := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "latency"}}
	scrape.Spec.StaticConfigs = []v1alpha1.StaticConfig{{Targets: []v1alpha1.Target{"a:80"}}}
	create(ctx, scrape)
	return func(n int) stack.Change {
		label := fmt.Sprintf("scrape-%d-", n)
		return stack.Change{
			Domain: contract.Config, Object: scrape,
			Write: stack.Edit(scrape, func() { scrape.Spec.RelabelConfigs = tag(label) }),
			Live:  stack.ConfigHas(label),
		}
	}
}

// tag is a relabeling that shows in the configuration.
func tag(label string) []v1.RelabelConfig {
	return []v1.RelabelConfig{{TargetLabel: "round", Replacement: &label}}
}
