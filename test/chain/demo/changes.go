package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/test/chain/stack"
)

// sample is the Prometheus of config/samples.
var sample = client.ObjectKey{Namespace: "default", Name: "main"}

// changes are one of each kind, in an order in which each finds what it needs.
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

	service := &v1.ServiceMonitor{ObjectMeta: meta("demo")}
	service.Spec.Selector.MatchLabels = map[string]string{"operated-prometheus": "true"}
	service.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
	all = append(all, monitor("ServiceMonitor", "serviceMonitor/default/demo/0", service, func() { service.Spec.Endpoints[0].Interval = "11s" })...)

	web := "web"
	pod := &v1.PodMonitor{ObjectMeta: meta("demo")}
	pod.Spec.Selector.MatchLabels = map[string]string{"app": "prometheus"}
	pod.Spec.PodMetricsEndpoints = []v1.PodMetricsEndpoint{{Port: &web}}
	return append(all, monitor("PodMonitor", "podMonitor/default/demo/0", pod, func() { pod.Spec.PodMetricsEndpoints[0].Interval = "11s" })...)
}

// monitor is the life of a monitor whose interval becomes 11 s.
func monitor(kind, job string, o client.Object, slower func()) []stack.Change {
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
	fmt.Printf("\none change of each kind, in milliseconds after the API server took it:\n\n")
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
