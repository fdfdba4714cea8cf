package promconfig

import (
	"reflect"

	"github.com/promloop/promloop/internal/world"
)

// section is one top-level key of the configuration.
type section struct {
	key string
	// inspect looks for what is wrong in the fields that the section is made of.
	inspect func(in *inspector)
	// value is what the section holds, of what passed inspection; nil leaves the key out.
	value func() any
	// needed is set where a configuration without the section would mean something else.
	needed bool
	// inParts is set where value leaves out only what is wrong.
	inParts bool
}

// ownSections are all sections but the scrape jobs.
func (run *run) ownSections() []section {
	p, s := &run.world.Prometheus.Spec, run.settings
	return []section{
		{key: "global", needed: true, inspect: run.inspectGlobal, value: func() any { return s.global(run.world).oursAlone(run.world) }},
		{key: "runtime", value: s.runtime},
		{key: "rule_files", value: func() any { return ruleFiles(run.world) }},
		run.alertingSection(),
		{key: "storage", inspect: func(in *inspector) { in.storage(p) }, value: s.storage},
		run.remoteWriteSection(),
		run.remoteReadSection(),
		{key: "otlp", inspect: func(in *inspector) { in.otlp(p, s) }, value: s.otlp},
		{key: "tracing", inspect: func(in *inspector) { in.tracing(p) }, value: func() any { return tracing(p) }},
	}
}

// sections writes them, and the key that the jobs stand under. It is nil when one is wrong that the others need.
func (run *run) sections(jobs bool) []byte {
	if !run.reachesAPIServer() {
		return nil
	}
	var out []byte
	for _, s := range run.ownSections() {
		text, ok := run.section(s)
		if !ok {
			return nil
		}
		out = append(out, text...)
	}
	if !jobs {
		return append(out, "scrape_configs: []\n"...)
	}
	return append(out, "scrape_configs:\n"...)
}

// section writes one section. Where something is wrong with it, what is published of it stays, so that a Secret that is gone for
// a while does not end remote write or alerting; where nothing is published yet, it is written without what is wrong.
func (run *run) section(s section) (text []byte, ok bool) {
	run.scope.assets = nil // of this section: some values are built while they are inspected
	in := run.ownInspector()
	if s.inspect != nil {
		s.inspect(in)
	}
	run.faults = append(run.faults, in.faults...)
	if len(in.faults) > 0 {
		if stays := run.published().section(s.key); stays != nil {
			run.keepAssetsIn(stays)
			return stays, true
		}
		if s.needed || !s.inParts {
			return nil, !s.needed
		}
	}
	return run.encodeSection(s.key, s.value()), true
}

func (run *run) encodeSection(key string, value any) []byte {
	if v := reflect.ValueOf(value); !v.IsValid() || v.Kind() == reflect.Slice && v.Len() == 0 {
		return nil
	}
	e := run.renderer.encoder
	e.scope, e.out = run.scope, nil
	e.ignored = func(d directive) { run.ignore(key, d) }
	e.section(key, value)
	run.assets(run.scope.assets)
	return e.out
}

// runtime is the section of that name, since Prometheus 2.53.0.
func (s *settings) runtime() any {
	if s.spec.Runtime == nil || !s.atLeast("2.53.0") {
		return nil
	}
	return *s.spec.Runtime
}

// ruleFiles is where the rules-reloader puts them, or their volume where foreign reloaders only watch that.
func ruleFiles(w *world.World) any {
	switch {
	case w.Prometheus.Spec.RuleSelector == nil:
		return nil
	case w.Options.ForeignReloaders:
		return []string{"/etc/prometheus/rules/" + world.RuleShardName(w.Prometheus.Name, 0) + "/*.yaml"}
	}
	return []string{"/etc/prometheus/config_out/rules/current/*.yaml"}
}
