package promconfig

import (
	"bytes"
	"fmt"

	"github.com/promloop/promloop/internal/world"
)

// run is one call of Render.
type run struct {
	renderer *Renderer
	world    *world.World
	scope    *scope // of the Prometheus
	settings *settings
	result   Result
	faults   []Fault // of the Prometheus
	taken    shares  // of the namespaces that have more than their share
	stored   *published
	// lookup is nil where the Prometheus alone is judged.
	lookup func(world.Reference) (world.Value, error)
}

func newRun(r *Renderer, w *world.World, lookup func(world.Reference) (world.Value, error)) *run {
	run := &run{
		renderer: r,
		world:    w,
		lookup:   lookup,
		scope:    &scope{namespace: w.Prometheus.Namespace, values: w.Values},
		result:   Result{Assets: map[string]world.Value{}, Verdicts: map[world.Object]world.Verdict{}, Faults: map[world.Object][]Fault{}},
	}
	run.settings = settingsOf(w, r.encoder.version, run.scope)
	run.assets(run.settings.assets)
	run.inspectClasses()
	return run
}

// inspector holds objects of a tenant's namespace to what this Prometheus demands.
func (run *run) inspector(namespace string) *inspector {
	s := run.settings
	in := &inspector{namespace: namespace, rules: rules{
		version:    s.version,
		newer:      s.version.GT(newestVersion),
		lookup:     run.lookup,
		denyFiles:  s.spec.ArbitraryFSAccessThroughSMs.Deny,
		patterns:   run.renderer.patterns,
		interval:   s.scrapeInterval(),
		classFault: s.classFault,
		naming:     namingOf(s.spec.NameValidationScheme, s.spec.NameEscapingScheme),
	}}
	in.scheme = in.labelScheme(in.naming.validation)
	return in
}

// ownInspector is for what belongs to the Prometheus itself, which may name variables and files.
func (run *run) ownInspector() *inspector {
	in := run.inspector(run.world.Prometheus.Namespace)
	in.denyFiles, in.longPatterns = false, true
	in.expand = []string{"POD_NAME", "SHARD"}
	if run.settings.sharding.zones > 0 {
		in.expand = append(in.expand, "TOPOLOGY_ZONE", "INZONE_SHARD")
	}
	return in
}

// encodeItem writes an item of a list in the first column. Directives that this version does not know are left out, and refused
// where the rest would mean something else without them.
func (run *run) encodeItem(s *scope, item any, in *inspector) []byte {
	e := run.renderer.encoder
	e.scope, e.out = s, e.out[:0]
	e.ignored = func(d directive) {
		if d.strict {
			in.fault(UnsupportedVersion, "%s needs Prometheus %s", d.name, d.since)
		}
	}
	e.list(item)
	return bytes.Clone(e.out)
}

func (run *run) assets(refs []world.Reference) {
	for _, r := range refs {
		if value, err := run.world.Values.Get(r); err == nil {
			run.result.Assets[assetName(r)] = value
		}
	}
}

// finish adds the Verdict on the Prometheus itself.
func (run *run) finish() Result {
	if v := verdictOf(run.faults); !v.Accepted() {
		id := world.Object{Kind: world.Prometheus}
		id.Namespace, id.Name = run.world.Prometheus.Namespace, run.world.Prometheus.Name
		run.result.Verdicts[id], run.result.Faults[id] = v, run.faults
	}
	return run.result
}

func (run *run) ignore(section string, d directive) {
	switch {
	case d.since != "" && !run.settings.atLeast(d.since):
		run.result.Ignored = append(run.result.Ignored, fmt.Sprintf("%s.%s needs Prometheus %s", section, d.name, d.since))
	default:
		run.result.Ignored = append(run.result.Ignored, fmt.Sprintf("%s.%s was removed in Prometheus %s", section, d.name, d.until))
	}
}
