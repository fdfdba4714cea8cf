package controllers

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/internal/status"
)

// measures exports what was last measured of every Prometheus.
type measures struct {
	mu sync.Mutex
	by map[types.NamespacedName]status.Measures
}

var (
	managedDesc  = desc("prometheus_operator_managed_resources", "Objects that a Prometheus selects, by kind, state and the reason why they are not wholly used.", "controller", "resource", "state", "reason")
	specReplicas = desc("prometheus_operator_spec_replicas", "Replicas that a Prometheus asks for, per shard.", "controller")
	sampleLimit  = desc("prometheus_operator_prometheus_enforced_sample_limit", "enforcedSampleLimit of a Prometheus that has it.", "controller")
	specShards   = desc("prometheus_operator_spec_shards", "Shards that a Prometheus asks for.", "controller")
	replicasDesc = desc("promloop_replicas", "Replicas of a Prometheus by how far they have come with what is published.", "domain", "state")
	heldBackDesc = desc("promloop_held_back", "1 while a Prometheus keeps all or part of what was published last; its condition Reconciled says why.")
	rejectedDesc = desc("promloop_rule_groups_rejected", "Groups of a PrometheusRule that are left out, or stay in an older form.")
	fillDesc     = desc("promloop_fill_ratio", "Part in use of what can be published, from 0 to 1.", "store")
)

// desc describes a gauge of an object; the labels come after its namespace and name.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"namespace", "name"}, labels...), nil)
}

// tell replaces what is exported of a Prometheus.
func (m *measures) tell(p types.NamespacedName, now status.Measures) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[types.NamespacedName]status.Measures{}
	}
	m.by[p] = now
}

// forget drops a Prometheus that is gone.
func (m *measures) forget(p types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.by, p)
}

// Describe implements prometheus.Collector.
func (m *measures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{managedDesc, specReplicas, specShards, sampleLimit, replicasDesc, heldBackDesc, rejectedDesc, fillDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *measures) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	groups := map[types.NamespacedName]int{} // of an object that several Prometheuses select, the most
	for p, now := range m.by {
		e := exporter{of: p, out: out}
		e.prometheus(now)
		for rule, count := range now.RejectedGroups {
			groups[rule] = max(groups[rule], count)
		}
	}
	for rule, count := range groups {
		exporter{of: rule, out: out}.gauge(rejectedDesc, float64(count))
	}
}

// exporter writes the gauges of one object.
type exporter struct {
	of  types.NamespacedName
	out chan<- prometheus.Metric
}

func (e exporter) prometheus(now status.Measures) {
	e.gauge(specReplicas, float64(now.Replicas), prometheusController)
	e.gauge(specShards, float64(now.Shards), prometheusController)
	if now.EnforcedSampleLimit != nil {
		e.gauge(sampleLimit, float64(*now.EnforcedSampleLimit), prometheusController)
	}
	for kind, count := range now.Selected {
		e.gauge(managedDesc, float64(count), prometheusController, string(kind), "selected", "")
	}
	for kind, reasons := range now.Rejected {
		for reason, count := range reasons {
			e.gauge(managedDesc, float64(count), prometheusController, string(kind), "rejected", reason)
		}
	}
	for domain, states := range now.Progress {
		for progress, count := range states {
			e.gauge(replicasDesc, float64(count), string(domain), stateOf[progress])
		}
	}
	e.gauge(heldBackDesc, number(now.HeldBack))
	e.gauge(fillDesc, now.Fill.Config, "config")
	e.gauge(fillDesc, now.Fill.Rules, "rules")
	e.gauge(fillDesc, now.Fill.Assets, "assets")
}

func (e exporter) gauge(d *prometheus.Desc, value float64, labels ...string) {
	e.out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{e.of.Namespace, e.of.Name}, labels...)...)
}
