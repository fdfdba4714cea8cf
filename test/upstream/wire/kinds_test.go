package wire_test

import (
	theirsv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	theirsv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"

	oursv1 "github.com/promloop/promloop/api/v1"
	oursv1alpha1 "github.com/promloop/promloop/api/v1alpha1"
)

// kind is one kind of object in both sets of types.
type kind struct {
	name   string
	plural string
	theirs any // zero value
	ours   any // zero value
}

func kinds() []kind {
	return []kind{
		{"Prometheus", "prometheuses", theirsv1.Prometheus{}, oursv1.Prometheus{}},
		{"PrometheusRule", "prometheusrules", theirsv1.PrometheusRule{}, oursv1.PrometheusRule{}},
		{"ServiceMonitor", "servicemonitors", theirsv1.ServiceMonitor{}, oursv1.ServiceMonitor{}},
		{"PodMonitor", "podmonitors", theirsv1.PodMonitor{}, oursv1.PodMonitor{}},
		{"Probe", "probes", theirsv1.Probe{}, oursv1.Probe{}},
		{"ScrapeConfig", "scrapeconfigs", theirsv1alpha1.ScrapeConfig{}, oursv1alpha1.ScrapeConfig{}},
	}
}
