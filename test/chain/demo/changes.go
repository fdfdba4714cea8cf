package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/test/chain/stack"
)

const (
	namespace  = "default" // of the samples
	prometheus = "main"
	patience   = 3 * time.Minute // longer than a kubelet that nobody pokes
)

// change is one write and how it shows in a Prometheus.
type change struct {
	kind, what string
	domain     contract.Domain
	write      func(ctx context.Context, c client.Client) error
	live       func(ctx context.Context, p *stack.Prometheus) (bool, error)
}

// changes are one of each kind, in an order in which each finds what it needs.
func changes() []change {
	rule := &v1.PrometheusRule{ObjectMeta: meta("demo")}
	rule.Spec.Groups = []v1.RuleGroup{{Name: "demo", Rules: []v1.Rule{{Alert: "Demo", Expr: intstr.FromString("up == 0")}}}}
	service := &v1.ServiceMonitor{ObjectMeta: meta("demo")}
	service.Spec.Selector.MatchLabels = map[string]string{"operated-prometheus": "true"}
	service.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
	web := "web"
	pod := &v1.PodMonitor{ObjectMeta: meta("demo")}
	pod.Spec.Selector.MatchLabels = map[string]string{"app": "prometheus"}
	pod.Spec.PodMetricsEndpoints = []v1.PodMetricsEndpoint{{Port: &web}}
	object := &v1.Prometheus{ObjectMeta: meta(prometheus)}

	return []change{
		{"Prometheus", "changed", contract.Config, update(object, func() { object.Spec.ExternalLabels = map[string]string{"cluster": "demo"} }), configHas("cluster: demo")},
		{"PrometheusRule", "created", contract.Rules, create(rule), expression("up == 0")},
		{"PrometheusRule", "changed", contract.Rules, update(rule, func() { rule.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up < 1") }), expression("up < 1")},
		{"PrometheusRule", "deleted", contract.Rules, remove(rule), expression("")},
		{"ServiceMonitor", "created", contract.Config, create(service), configHas("serviceMonitor/default/demo/0")},
		{"ServiceMonitor", "changed", contract.Config, update(service, func() { service.Spec.Endpoints[0].Interval = "11s" }), configHas("scrape_interval: 11s")},
		{"ServiceMonitor", "deleted", contract.Config, remove(service), not(configHas("serviceMonitor/default/demo/0"))},
		{"PodMonitor", "created", contract.Config, create(pod), configHas("podMonitor/default/demo/0")},
		{"PodMonitor", "changed", contract.Config, update(pod, func() { pod.Spec.PodMetricsEndpoints[0].Interval = "13s" }), configHas("scrape_interval: 13s")},
		{"PodMonitor", "deleted", contract.Config, remove(pod), not(configHas("podMonitor/default/demo/0"))},
	}
}

// showChanges makes each change, waits until every replica shows it, and prints how long each step took.
func showChanges(ctx context.Context, s *stack.Stack) error {
	fmt.Printf("\none change of each kind, in milliseconds after the API server took it:\n\n")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "kind\tchange\tpublished\tin the volumes\tloaded by all\tseen in Prometheus\t")
	defer func() { _ = table.Flush() }()
	for _, c := range changes() {
		t, err := c.make(ctx, s)
		if err != nil {
			return fmt.Errorf("%s %s: %w", c.kind, c.what, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t\n", c.kind, c.what, t.published, t.seen, t.loaded, t.live)
	}
	return nil
}

// times of the steps of one change, in milliseconds after the write, of the slowest replica.
type times struct{ published, seen, loaded, live int64 }

func (c change) make(ctx context.Context, s *stack.Stack) (times, error) {
	replicas, err := s.Replicas(ctx, namespace, prometheus)
	if err != nil {
		return times{}, err
	}
	if err := c.write(ctx, s.Client); err != nil {
		return times{}, err
	}
	written := time.Now()
	err = until(ctx, func(ctx context.Context) (bool, error) {
		for _, r := range replicas {
			if ok, err := c.live(ctx, r.Prometheus); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return times{}, err
	}
	t := times{live: time.Since(written).Milliseconds()}
	for _, r := range replicas {
		report, err := r.Report(ctx, c.domain)
		if err != nil {
			return times{}, err
		}
		t.published = max(t.published, report.WantedGeneration-written.UnixMilli())
		t.seen = max(t.seen, report.FirstSeen.Sub(written).Milliseconds())
		t.loaded = max(t.loaded, report.LoadedAt.Sub(written).Milliseconds())
	}
	return t, nil
}

// waitLoaded waits until the status says that every replica runs what is published.
func waitLoaded(ctx context.Context, s *stack.Stack) error {
	return until(ctx, func(ctx context.Context) (bool, error) {
		var p v1.Prometheus
		if err := s.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: prometheus}, &p); err != nil {
			return false, err
		}
		for _, c := range p.Status.Conditions {
			if c.Type == v1.Loaded {
				return c.Status == v1.ConditionTrue, nil
			}
		}
		return false, nil
	})
}

// until asks every 10 ms. An error of a server that is starting is no end of it.
func until(ctx context.Context, ok func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := ok(ctx)
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not live after %s: %w (last error: %v)", patience, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func create(o client.Object) func(context.Context, client.Client) error {
	return func(ctx context.Context, c client.Client) error { return c.Create(ctx, o) }
}

func remove(o client.Object) func(context.Context, client.Client) error {
	return func(ctx context.Context, c client.Client) error { return c.Delete(ctx, o) }
}

// update edits the object as it stands with a merge patch, so that nothing else that changes it is in the way.
func update(o client.Object, edit func()) func(context.Context, client.Client) error {
	return func(ctx context.Context, c client.Client) error {
		if err := c.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		before := o.DeepCopyObject().(client.Object)
		edit()
		return c.Patch(ctx, o, client.MergeFrom(before))
	}
}

func configHas(text string) func(context.Context, *stack.Prometheus) (bool, error) {
	return func(ctx context.Context, p *stack.Prometheus) (bool, error) {
		config, err := p.Config(ctx)
		return strings.Contains(config.YAML, text), err
	}
}

// expression asks for the alert Demo; "" means that it must be gone.
func expression(want string) func(context.Context, *stack.Prometheus) (bool, error) {
	return func(ctx context.Context, p *stack.Prometheus) (bool, error) {
		loaded, err := p.Expressions(ctx)
		return err == nil && loaded["Demo"] == want, err
	}
}

func not(f func(context.Context, *stack.Prometheus) (bool, error)) func(context.Context, *stack.Prometheus) (bool, error) {
	return func(ctx context.Context, p *stack.Prometheus) (bool, error) {
		ok, err := f(ctx, p)
		return !ok && err == nil, err
	}
}
