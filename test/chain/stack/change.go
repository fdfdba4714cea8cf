package stack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
)

// patience is longer than a kubelet takes that nobody pokes.
const patience = 3 * time.Minute

// Change is one write and how it shows in a Prometheus.
type Change struct {
	Kind, What string
	Domain     contract.Domain // that it belongs to
	Write      Writing
	Live       Sight
	Object     client.Object // whose status says Ready; nil for the Prometheus itself
}

// Writing is one write.
type Writing func(context.Context, client.Client) error

// Sight reports whether something shows in a Prometheus.
type Sight func(context.Context, *Prometheus) (bool, error)

// Times of the steps of one change after the API server took it, of the slowest replica. All clocks are this machine's.
type Times struct {
	Published time.Duration // the operator had planned the set
	Seen      time.Duration // the sidecars saw it in their volumes
	Loaded    time.Duration // the sidecars had proved that Prometheus runs it
	Live      time.Duration // it showed in Prometheus' own API
}

// Measure makes a change and waits until it shows in every replica of a Prometheus.
func (s *Stack) Measure(ctx context.Context, c Change, prometheus client.ObjectKey) (Times, error) {
	replicas, err := s.Replicas(ctx, prometheus.Namespace, prometheus.Name)
	if err != nil {
		return Times{}, err
	}
	if err := c.Write(ctx, s.Client); err != nil {
		return Times{}, err
	}
	written := time.Now()
	err = Until(ctx, func(ctx context.Context) (bool, error) {
		for _, r := range replicas {
			if ok, err := c.Live(ctx, r.Prometheus); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return Times{}, err
	}
	t := Times{Live: time.Since(written)}
	for _, r := range replicas {
		report, err := r.settled(ctx, c.Domain)
		if err != nil {
			return Times{}, err
		}
		t.Published = max(t.Published, time.UnixMilli(report.WantedGeneration).Sub(written))
		t.Seen = max(t.Seen, report.FirstSeen.Sub(written))
		t.Loaded = max(t.Loaded, report.LoadedAt.Sub(written))
	}
	return t, nil
}

// settled is the report of a sidecar once it has proved what it wants.
func (r Replica) settled(ctx context.Context, domain contract.Domain) (report contract.Loaded, err error) {
	err = Until(ctx, func(ctx context.Context) (bool, error) {
		report, err = r.Report(ctx, domain)
		return err == nil && report.Loaded == report.Wanted, err
	})
	return report, err
}

// WaitLoaded waits until the status of a Prometheus says that every replica runs what is published.
func (s *Stack) WaitLoaded(ctx context.Context, prometheus client.ObjectKey) error {
	return Until(ctx, func(ctx context.Context) (bool, error) {
		var p v1.Prometheus
		if err := s.Client.Get(ctx, prometheus, &p); err != nil {
			return false, err
		}
		for _, c := range p.Status.Conditions {
			if c.Type == v1.Loaded && p.Status.ObservedGeneration == p.Generation {
				return c.Status == v1.ConditionTrue, nil
			}
		}
		return false, nil
	})
}

// WaitReady waits until the status of a configuration object says Ready of its newest generation.
func (s *Stack) WaitReady(ctx context.Context, o client.Object) error {
	return Until(ctx, func(ctx context.Context) (bool, error) {
		kind, err := apiutil.GVKForObject(o, s.Client.Scheme())
		if err != nil {
			return false, err
		}
		content := &unstructured.Unstructured{}
		content.SetGroupVersionKind(kind)
		if err := s.Client.Get(ctx, client.ObjectKeyFromObject(o), content); err != nil {
			return false, err
		}
		conditions, _, err := unstructured.NestedSlice(content.Object, "status", "conditions")
		for _, c := range conditions {
			if c, ok := c.(map[string]any); ok && c["type"] == string(v1.Ready) {
				return c["status"] == "True" && c["observedGeneration"] == content.GetGeneration(), nil
			}
		}
		return false, err
	})
}

// Until asks every 10 ms. An error of a server that is starting is no end of it.
func Until(ctx context.Context, ok func(context.Context) (bool, error)) error {
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
			return fmt.Errorf("not so after %s: %w (last error: %v)", patience, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// Create writes a new object.
func Create(o client.Object) Writing {
	return func(ctx context.Context, c client.Client) error { return c.Create(ctx, o) }
}

// Delete removes an object.
func Delete(o client.Object) Writing {
	return func(ctx context.Context, c client.Client) error { return c.Delete(ctx, o) }
}

// Edit changes an object as it stands with a merge patch, so that nobody else's change is in the way.
func Edit(o client.Object, edit func()) Writing {
	return func(ctx context.Context, c client.Client) error {
		if err := c.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		before := o.DeepCopyObject().(client.Object)
		edit()
		return c.Patch(ctx, o, client.MergeFrom(before))
	}
}

// ConfigHas looks for a text in the configuration that is loaded.
func ConfigHas(text string) Sight {
	return func(ctx context.Context, p *Prometheus) (bool, error) {
		config, err := p.Config(ctx)
		return strings.Contains(config.YAML, text), err
	}
}

// AlertIs looks for the expression of an alert; "" means that the alert must not be there.
func AlertIs(alert, expr string) Sight {
	return func(ctx context.Context, p *Prometheus) (bool, error) {
		loaded, err := p.Expressions(ctx)
		return err == nil && loaded[alert] == expr, err
	}
}

// Not is the contrary of a sight, once the server answers.
func Not(f Sight) Sight {
	return func(ctx context.Context, p *Prometheus) (bool, error) {
		ok, err := f(ctx, p)
		return !ok && err == nil, err
	}
}
