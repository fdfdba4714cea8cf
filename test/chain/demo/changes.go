package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/test/chain/stack"
)

// sample is the Prometheus of config/samples.
var sample = client.ObjectKey{Namespace: "default", Name: "main"}

// changes are of objects of each kind.
func changes() []stack.Change {
	object := &v1.Prometheus{ObjectMeta: meta(sample.Name)}
	relabel := func() { object.Spec.ExternalLabels = map[string]string{"cluster": "demo"} }
	all := []stack.Change{row("Prometheus", "changed", contract.Config, stack.Edit(object, relabel), stack.ConfigHas("cluster: demo"))}

	rule := &v1.PrometheusRule{ObjectMeta: meta("demo")}
	rule.Spec.Groups = []v1.RuleGroup{{Name: "demo", Rules: []v1.Rule{{Alert: "Demo", Expr: intstr.FromString("up == 0")}}}}
	tighten := func() { rule.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up < 1") }
	all = append(all,
		row("PrometheusRule", "created", contract.Rules, stack.Create(rule), stack.AlertIs("Demo", "up == 0")),
		row("PrometheusRule", "changed", contract.Rules, stack.Edit(rule, tighten), stack.AlertIs("Demo", "up < 1")),
		row("PrometheusRule", "deleted", contract.Rules, stack.Delete(rule), stack.AlertIs("Demo", "")),
	)
	return append(all, scraped()...)
}

// scraped are the changes of what a Prometheus scrapes. That nothing answers behind some of it makes no difference to the configuration.
func scraped() []stack.Change {
	service := &v1.ServiceMonitor{ObjectMeta: meta("demo")}
	service.Spec.Selector.MatchLabels = map[string]string{"operated-prometheus": "true"}
	service.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}

	pod := &v1.PodMonitor{ObjectMeta: meta("demo")}
	pod.Spec.Selector.MatchLabels = map[string]string{"app": "prometheus"}
	pod.Spec.PodMetricsEndpoints = []v1.PodMetricsEndpoint{{Port: new("web")}}

	probe := &v1.Probe{ObjectMeta: meta("demo")}
	probe.Spec.ProberSpec.URL = "prober.example:9115"
	probe.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"https://site.example"}}

	scrape := &v1alpha1.ScrapeConfig{ObjectMeta: meta("demo")}
	scrape.Spec.StaticConfigs = []v1alpha1.StaticConfig{{Targets: []v1alpha1.Target{"host.example:9100"}}}

	return slices.Concat(
		life("ServiceMonitor", "serviceMonitor/default/demo/0", service, func() { service.Spec.Endpoints[0].Interval = "11s" }),
		life("PodMonitor", "podMonitor/default/demo/0", pod, func() { pod.Spec.PodMetricsEndpoints[0].Interval = "11s" }),
		life("Probe", "probe/default/demo", probe, func() { probe.Spec.Interval = "11s" }),
		life("ScrapeConfig", "scrapeConfig/default/demo", scrape, func() { scrape.Spec.ScrapeInterval = new(v1.Duration("11s")) }),
	)
}

// life is that of an object whose scrape interval becomes 11 s.
func life(kind, job string, o client.Object, slower func()) []stack.Change {
	return []stack.Change{
		row(kind, "created", contract.Config, stack.Create(o), stack.ConfigHas(job)),
		row(kind, "changed", contract.Config, stack.Edit(o, slower), stack.ConfigHas("scrape_interval: 11s")),
		row(kind, "deleted", contract.Config, stack.Delete(o), stack.Not(stack.ConfigHas(job))),
	}
}

func row(kind, what string, domain contract.Domain, write stack.Writing, live stack.Sight) stack.Change {
	return stack.Change{Kind: kind, What: what, Domain: domain, Write: write, Live: live}
}

// showChanges makes each change, waits until every replica shows it, and prints how long each step took.
func showChanges(ctx context.Context, s *stack.Stack) error {
	fmt.Printf("\nchanges of each kind, in milliseconds after the API server took it:\n\n")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "kind\tchange\tpublished\tin the volumes\tloaded by all\tseen in Prometheus\t")
	defer func() { _ = table.Flush() }()
	for _, c := range changes() {
		t, err := s.Measure(ctx, c, sample)
		if err != nil {
			return fmt.Errorf("%s %s: %w", c.Kind, c.What, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t\n", c.Kind, c.What, t.Published.Milliseconds(), t.Seen.Milliseconds(), t.Loaded.Milliseconds(), t.Live.Milliseconds())
	}
	return nil
}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: sample.Namespace, Name: name}
}
