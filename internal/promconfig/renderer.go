package promconfig

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// Renderer renders the configuration of one Prometheus and remembers what it rendered: an object is rendered once per change, and
// text is compressed once. What it remembers changes the cost of a call and never its result. It is not safe for use by several
// goroutines at once.
type Renderer struct {
	encoder  *encoder
	objects  map[world.Object]*rendered
	members  members
	patterns patterns
	steps    relabelings
	room     room
	turn     int
	used     int // of objects, in this turn
	jobs     int // of the last turn
}

// NewRenderer returns a Renderer that remembers nothing yet.
func NewRenderer() *Renderer {
	return &Renderer{objects: map[world.Object]*rendered{}, members: newMembers(), patterns: patterns{}, room: secretRoom}
}

// rendered is what became of one object.
type rendered struct {
	// uid, generation, settings and values are what it was rendered from.
	uid        types.UID
	generation int64
	settings   [sha256.Size]byte
	values     []readValue

	jobs    []jobText
	kept    []jobText // those of jobs that were taken over from what is published
	text    int       // of all jobs, in bytes
	assets  []world.Reference
	faults  []Fault
	verdict world.Verdict
	turn    int
}

func (r *rendered) add(jobs ...jobText) {
	r.jobs, r.text = append(r.jobs, jobs...), r.text+lengthOf(jobs)
}

func (r *rendered) keep(jobs []jobText) {
	r.add(jobs...)
	r.kept = append(r.kept, jobs...)
}

// readValue is a reference and what it held.
type readValue struct {
	reference world.Reference
	value     world.Value
	err       error
}

// jobText is the text of one job with its dash, and a digest of it.
type jobText struct {
	name   string
	text   []byte
	digest [sha256.Size]byte
}

func newJobText(name string, text []byte) jobText {
	return jobText{name: name, text: text, digest: sha256.Sum256(text)}
}

// Render renders the configuration of the Prometheus of w from what it selects. It is a pure function of the two.
func (r *Renderer) Render(w *world.World, sel selection.Result) Result {
	version, err := world.PrometheusVersion(w.Prometheus)
	if err != nil {
		return refusal(w, Fault{Path: "spec.version", Reason: UnsupportedVersion, Message: err.Error()}).measured(w)
	}
	if r.encoder == nil || !r.encoder.version.EQ(version) {
		r.encoder = newEncoder(version)
	}
	r.turn, r.used = r.turn+1, 0
	run := newRun(r, w, w.Values.Get)
	jobs := run.jobs(sel)
	r.jobs = len(jobs)
	run.assemble(jobs)
	run.result.Settings = run.settings.mark()
	r.forget()
	return run.finish().measured(w)
}

// refusal is the result where nothing can be rendered.
func refusal(w *world.World, f Fault) Result {
	id := world.Object{Kind: world.Prometheus}
	id.Namespace, id.Name = w.Prometheus.Namespace, w.Prometheus.Name
	return Result{
		Verdicts: map[world.Object]world.Verdict{id: verdictOf([]Fault{f})},
		Faults:   map[world.Object][]Fault{id: {f}},
	}
}

// forget drops what was not used in this turn.
func (r *Renderer) forget() {
	if r.used < len(r.objects) {
		maps.DeleteFunc(r.objects, func(_ world.Object, o *rendered) bool { return o.turn != r.turn })
	}
	r.members.forget(r.turn)
}

// jobs renders the jobs of all objects, and, where namespaces have more than their share, once more without what is too much.
func (run *run) jobs(sel selection.Result) []jobText {
	jobs := run.selected(sel)
	if run.crowded(jobs) {
		run.renderer.used = 0
		jobs = run.selected(sel)
	}
	return append(jobs, run.additionalJobs(jobs)...)
}

// selected are the jobs of all objects in their order: by kind, namespace, name and number.
func (run *run) selected(sel selection.Result) []jobText {
	jobs := make([]jobText, 0, run.renderer.jobs+jobsPerMember)
	jobs = appendJobs(run, jobs, sel, world.ServiceMonitor, sel.ServiceMonitors)
	jobs = appendJobs(run, jobs, sel, world.PodMonitor, sel.PodMonitors)
	jobs = appendJobs(run, jobs, sel, world.Probe, sel.Probes)
	return appendJobs(run, jobs, sel, world.ScrapeConfig, sel.ScrapeConfigs)
}

func appendJobs[T any](run *run, jobs []jobText, sel selection.Result, kind world.Kind, objects []T) []jobText {
	if _, unknown := sel.Invalid[kind]; unknown {
		stays := run.published().ofKind(kind)
		run.keepAssets(stays)
		return append(jobs, stays...)
	}
	sorted := make([]scrapeObject, len(objects))
	for i, o := range objects {
		sorted[i] = scrapeObjectOf(o)
	}
	if !slices.IsSortedFunc(sorted, byName) {
		slices.SortFunc(sorted, byName)
	}
	for _, o := range sorted {
		jobs = append(jobs, run.object(o)...)
	}
	return jobs
}

func byName(a, b scrapeObject) int {
	m, n := a.objectMeta(), b.objectMeta()
	if c := strings.Compare(m.Namespace, n.Namespace); c != 0 {
		return c
	}
	return strings.Compare(m.Name, n.Name)
}

// object returns the jobs of an object: those remembered where nothing that they depend on has changed.
func (run *run) object(o scrapeObject) []jobText {
	id := identify(o)
	known := run.renderer.objects[id]
	if known == nil || !run.isCurrent(known, o) {
		known = run.render(o)
		run.renderer.objects[id] = known
	}
	if known.turn != run.renderer.turn {
		known.turn = run.renderer.turn
		run.renderer.used++
	}
	if held := run.overShare(id.Namespace, known); held != nil {
		return run.holdBack(id, known, *held)
	}
	if !known.verdict.Accepted() {
		run.result.Verdicts[id], run.result.Faults[id] = known.verdict, known.faults
	}
	run.assets(known.assets)
	run.keepAssets(known.kept)
	return known.jobs
}

func (run *run) isCurrent(known *rendered, o scrapeObject) bool {
	m := o.objectMeta()
	// An object that never was in an API server has no generation; such a one is rendered every time.
	if m.Generation == 0 || known.generation != m.Generation || known.uid != m.UID || known.settings != run.settings.digest {
		return false
	}
	for i := range known.values {
		if !known.values[i].isCurrent(run.world.Values) {
			return false
		}
	}
	return true
}

func (v *readValue) isCurrent(values world.Values) bool {
	value, err := values.Get(v.reference)
	if err != nil || v.err != nil {
		return err != nil && v.err != nil && err.Error() == v.err.Error()
	}
	return sameValue(value, v.value)
}

// render inspects an object and renders the jobs of its parts in which nothing is wrong.
func (run *run) render(o scrapeObject) *rendered {
	m := o.objectMeta()
	out := &rendered{uid: m.UID, generation: m.Generation, settings: run.settings.digest}
	in := run.inspector(m.Namespace)
	in.at("spec", func() { o.inspect(in); in.scrapeClass(o.class()) })
	shared := len(in.faults)
	b := &builder{
		settings: run.settings, kind: o.kind(), meta: m, class: run.settings.class(o.class()),
		scope: &scope{namespace: m.Namespace, values: run.world.Values}, steps: &run.renderer.steps,
	}
	for n := range o.parts() {
		before := len(in.faults)
		in.atPart(o, n, func() { o.inspectPart(in, n) })
		if shared == 0 && len(in.faults) == before {
			run.appendJob(out, in, b, o, n)
		}
		if out.text > run.renderer.room.object {
			run.refuseWhole(out, in, b, o, n)
			break
		}
		if shared == 0 && len(in.faults) == before {
			continue
		}
		if run.keeps(in.faults[:shared]) && run.keeps(in.faults[before:]) {
			out.keep(run.published().job(o.jobName(n)))
		}
	}
	out.values = run.read(in.refs)
	out.assets = b.scope.assets
	out.faults, out.verdict = in.faults, verdictOf(in.faults)
	return out
}

// appendJob builds a job, judges it as a whole, and writes it.
func (run *run) appendJob(out *rendered, in *inspector, b *builder, o scrapeObject, n int) {
	before := len(in.faults)
	job := o.job(b, n)
	var text jobText
	in.atPart(o, n, func() {
		in.finished(&job)
		text = newJobText(job.JobName, run.encodeItem(b.scope, &job, in))
		run.judgeRoom(in, text)
	})
	if len(in.faults) == before {
		out.add(text)
	}
}

// finished inspects what the steps have become, those that were made from names included.
func (in *inspector) finished(job *scrapeJob) {
	for _, steps := range []relabelings{job.RelabelConfigs, job.MetricRelabelConfigs} {
		in.steps(steps)
	}
}

func (run *run) read(refs []world.Reference) []readValue {
	out := make([]readValue, 0, len(refs))
	for _, r := range unique(refs) {
		value, err := run.world.Values.Get(r)
		out = append(out, readValue{reference: r, value: value, err: err})
	}
	return out
}
