package promconfig

import (
	"github.com/prometheus/common/model"

	"github.com/promloop/promloop/internal/world"
)

// Faults is what an object alone makes wrong, whatever Prometheus selects it: what no Prometheus of any supported version takes.
// References are not looked up. Objects that are never scraped have none.
func Faults(obj any) []Fault {
	o := scrapeObjectOf(obj)
	if o == nil {
		return nil
	}
	in := &inspector{namespace: o.objectMeta().Namespace, rules: rules{scheme: model.UTF8Validation}}
	in.at("spec", func() {
		o.inspect(in)
		for n := range o.parts() {
			o.inspectPart(in, n)
		}
	})
	return in.faults
}

// Judge sums Faults up.
func Judge(obj any) world.Verdict { return verdictOf(Faults(obj)) }
