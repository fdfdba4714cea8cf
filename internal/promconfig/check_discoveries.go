package promconfig

import (
	"github.com/promloop/promloop/api/v1alpha1"
)

// discoveries inspects what the types alone can't tell.
func (in *inspector) discoveries(spec *v1alpha1.ScrapeConfigSpec) {
	for i, c := range spec.StaticConfigs {
		in.atIndex("staticConfigs", i, func() { in.at("labels", func() { in.labelNames(c.Labels) }) })
	}
}
