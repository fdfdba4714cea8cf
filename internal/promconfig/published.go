package promconfig

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// published is the configuration that was written last, read back from the cluster. What can't be rendered just now stays as it
// is there, whoever wrote it and however often the operator was started since.
type published struct {
	sections map[string][]byte
	jobs     []jobText
	byName   map[string]int
	// additional is the index of the first job that came from the user's own text.
	additional int
}

// additionalMark stands before the jobs of the user's own text.
const additionalMark = "# from spec.additionalScrapeConfigs\n"

// published reads it on first use, since it is only needed when something is wrong.
func (run *run) published() *published {
	if run.stored == nil {
		run.stored = readPublished(storedText(run.world))
	}
	return run.stored
}

// storedText joins the parts of the configuration as they are in the cluster, in the order of their manifest. Damaged parts count
// as absent.
func storedText(w *world.World) []byte {
	var text []byte
	for _, key := range partKeys(w) {
		for n := range workload.ConfigParts(w) {
			if s := partSecret(w, n); s != nil && world.ConfigPartKey(n) == key {
				part, err := gunzip(s.Data[key])
				if err != nil {
					return nil
				}
				text = append(text, part...)
			}
		}
	}
	return text
}

// partKeys are those that the manifest names; without one there is the first alone.
func partKeys(w *world.World) []string {
	m := w.Owned.PublishedConfig()
	if m.Digest == "" {
		return []string{world.ConfigPartKey(0)}
	}
	var keys []string
	for _, part := range m.Parts {
		keys = append(keys, part.Key)
	}
	return keys
}

// measured has the sizes of what is published where nothing could be rendered, since that stays.
func (r Result) measured(w *world.World) Result {
	if len(r.Stored) > 0 {
		return r
	}
	r.Fill, r.Text = make([]int, workload.ConfigParts(w)), 0
	keys := partKeys(w)
	for n := range r.Fill {
		if s := partSecret(w, n); s != nil && slices.Contains(keys, world.ConfigPartKey(n)) {
			r.Fill[n] = len(s.Data[world.ConfigPartKey(n)])
			text, _ := strconv.Atoi(s.Annotations[world.UnpackedAnnotation]) // 0 in a Secret of other making
			r.Text += text
		}
	}
	return r
}

// partSecret is the Secret of part n as it stands, or nil.
func partSecret(w *world.World, n int) *corev1.Secret {
	if n == 0 {
		return w.Owned.ConfigSecret
	}
	for _, s := range w.Owned.Secrets {
		if s.Name == world.ConfigPartName(w.Prometheus.Name, n) {
			return s
		}
	}
	return nil
}

// readPublished takes a configuration of our own making apart by its lines: sections and jobs begin in the first column.
func readPublished(text []byte) *published {
	p := &published{sections: map[string][]byte{}, byName: map[string]int{}, additional: -1}
	head, jobs, found := bytes.Cut(text, []byte("\nscrape_configs:\n"))
	if !found {
		head, _, _ = bytes.Cut(text, []byte("\nscrape_configs: []\n"))
	}
	for _, block := range blocks(append(head[:len(head):len(head)], '\n'), beginsSection) {
		key, _, _ := strings.Cut(string(block), ":")
		p.sections[key] = block
	}
	for _, block := range blocks(jobs, beginsItem) {
		p.addJob(block)
	}
	return p
}

func (p *published) addJob(text []byte) {
	if marked := bytes.HasPrefix(text, []byte(additionalMark)); marked {
		text = text[len(additionalMark):]
		p.additional = len(p.jobs)
	}
	name, ok := nameOfJob(text)
	if _, known := p.byName[name]; known || !ok { // between two writes a job may stand in two parts
		return
	}
	p.byName[name] = len(p.jobs)
	p.jobs = append(p.jobs, newJobText(name, text))
}

// blocks splits text at the lines that begin a section, or an item of a list whose dashes stand in the first column. Comments
// belong to what follows them.
func blocks(text []byte, begins func(first byte) bool) [][]byte {
	var out [][]byte
	start, comment := 0, false
	for at := 0; at < len(text); {
		end := bytes.IndexByte(text[at:], '\n') + 1
		if end == 0 {
			break
		}
		starts := text[at] == '#' || begins(text[at])
		if starts && at > start && !comment {
			out = append(out, text[start:at])
			start = at
		}
		comment = text[at] == '#'
		at += end
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

func beginsSection(first byte) bool { return first != ' ' && first != '-' }

func beginsItem(first byte) bool { return first == '-' }

const jobPrefix = "- job_name: "

// nameOfJob reads the name of a job that we wrote: it is on the first line, plain or between quotes.
func nameOfJob(text []byte) (string, bool) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	name, ok := strings.CutPrefix(string(line), jobPrefix)
	return unquote(name), ok
}

func (p *published) section(key string) []byte { return p.sections[key] }

func (p *published) job(name string) []jobText {
	if i, ok := p.byName[name]; ok {
		return p.jobs[i : i+1]
	}
	return nil
}

// prefixes of the names of jobs.
var prefixes = map[world.Kind]string{
	world.ServiceMonitor: "serviceMonitor/", world.PodMonitor: "podMonitor/", world.Probe: "probe/", world.ScrapeConfig: "scrapeConfig/",
}

func (p *published) ofKind(kind world.Kind) []jobText {
	var out []jobText
	for i, job := range p.jobs {
		if strings.HasPrefix(job.name, prefixes[kind]) && (p.additional < 0 || i < p.additional) {
			out = append(out, job)
		}
	}
	return out
}

// fromAdditional are the jobs that came from the user's own text.
func (p *published) fromAdditional() []jobText {
	if p.additional < 0 {
		return nil
	}
	return p.jobs[p.additional:]
}

// unquote reads a scalar as appendScalar writes it.
func unquote(text string) string {
	if plain, err := strconv.Unquote(text); err == nil {
		return plain
	}
	return text
}
