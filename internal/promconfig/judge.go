package promconfig

import (
	"github.com/prometheus/common/model"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Faults is what an object alone makes wrong, whatever Prometheus selects it: what no Prometheus of any supported version takes.
// Of a Prometheus it is what its own version does not take. References are not looked up. Objects that no configuration is made of
// have none.
func Faults(obj any) []Fault {
	if p, ok := obj.(*v1.Prometheus); ok {
		return prometheusFaults(p)
	}
	o := scrapeObjectOf(obj)
	if o == nil {
		return nil
	}
	in := &inspector{namespace: o.objectMeta().Namespace, rules: rules{scheme: model.UTF8Validation}}
	in.at("spec", func() { o.inspect(in) })
	for n := range o.parts() {
		in.atPart(o, n, func() { o.inspectPart(in, n) })
	}
	return in.faults
}

// FaultsFor is what one Prometheus would not take of an object that Faults finds nothing wrong with: it denies files, has no such
// scrape class, or is too old. References are not looked up. A Prometheus whose version can't be read says nothing.
func FaultsFor(p *v1.Prometheus, obj any) []Fault {
	version, err := world.PrometheusVersion(p)
	o := scrapeObjectOf(obj)
	if err != nil || o == nil {
		return nil
	}
	r := NewRenderer()
	r.encoder = newEncoder(version)
	return newRun(r, &world.World{Prometheus: p}, nil).render(o).faults
}

func prometheusFaults(p *v1.Prometheus) []Fault {
	version, err := world.PrometheusVersion(p)
	if err != nil {
		return []Fault{{Path: "spec.version", Reason: UnsupportedVersion, Message: err.Error()}}
	}
	run := newRun(&Renderer{encoder: newEncoder(version)}, &world.World{Prometheus: p}, nil)
	run.reachesAPIServer()
	for _, s := range run.ownSections() {
		if s.inspect != nil {
			in := run.ownInspector()
			s.inspect(in)
			run.faults = append(run.faults, in.faults...)
		}
	}
	return run.faults
}
