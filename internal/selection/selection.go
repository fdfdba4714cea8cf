package selection

import (
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
)

// Result is what one Prometheus selects. Slices keep the order of the World.
type Result struct {
	ServiceMonitors []*v1.ServiceMonitor
	PodMonitors     []*v1.PodMonitor
	Probes          []*v1.Probe
	ScrapeConfigs   []*v1alpha1.ScrapeConfig
	Rules           []*v1.PrometheusRule
	// Left holds every object that is not selected, with the first reason why not.
	Left map[world.Object]world.Verdict
}
