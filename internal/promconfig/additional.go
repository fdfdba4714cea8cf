package promconfig

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/relabel"
	yaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/world"
)

// Limits of text that the user brings. A small text with aliases can stand for gigabytes.
const (
	maxDepth = 100
	maxNodes = 200_000
)

// additionalList reads a list of mappings from a Secret of the Prometheus: parsed and written again, never pasted, so that it can
// add to its section and to nothing else. It is nil where the user brings none.
func (run *run) additionalList(in *inspector, sel *corev1.SecretKeySelector) []*yaml.Node {
	if sel == nil || sel.Name == "" {
		return nil
	}
	value, err := run.world.Values.Get(world.SecretKey(in.namespace, *sel))
	if missing := (*world.MissingError)(nil); errors.As(err, &missing) && ptr.Deref(sel.Optional, false) {
		return nil
	}
	before := len(in.faults)
	in.secretKey(sel)
	if len(in.faults) > before {
		return nil
	}
	in.from = fmt.Sprintf("%s %s/%s key %q", world.FromSecret, in.namespace, sel.Name, sel.Key)
	list, err := parseList(value.Reveal())
	if err != nil {
		in.fault(InvalidAdditional, "%s: %s", in.from, unquoted(err))
	}
	in.variablesIn(list)
	return list
}

// variablesIn refuses $(NAME) as variables does, without telling the name: it is of a Secret. $$(NAME) is the reloader's way to write
// it as text.
func (in *inspector) variablesIn(nodes []*yaml.Node) {
	for _, n := range nodes {
		for _, found := range reference.FindAllStringSubmatchIndex(n.Value, -1) {
			name, escaped := n.Value[found[2]:found[3]], strings.HasSuffix(n.Value[:found[0]], "$")
			if !escaped && !slices.Contains(in.expand, name) {
				in.atLine(n, EnvReference, "a variable of the reloader that may not be used here")
				break
			}
		}
		in.variablesIn(n.Content)
	}
}

// atLine tells what is wrong with text of the user's own by its place. What stands there is never told: it is of a Secret.
func (in *inspector) atLine(n *yaml.Node, reason, format string, args ...any) {
	in.fault(reason, "%s: line %d: %s", in.from, n.Line, fmt.Sprintf(format, args...))
}

var quotation = regexp.MustCompile("`[^`]*`" + `|"(\\.|[^"\\])*"|'[^']*'`)

// unquoted is what an error says, without what it quotes.
func unquoted(err error) string { return quotation.ReplaceAllString(err.Error(), "…") }

// withoutValues is what an error about a value says, without anything that stands in it.
func withoutValues(err error, n *yaml.Node) string {
	text := unquoted(err)
	var hide func(n *yaml.Node)
	hide = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.Value != "" && strings.Contains(text, n.Value) {
			text = regexp.MustCompile(`(^|\W)`+regexp.QuoteMeta(n.Value)+`($|\W)`).ReplaceAllString(text, "${1}…${2}")
		}
		for i, child := range n.Content {
			if n.Kind != yaml.MappingNode || i%2 == 1 {
				hide(child)
			}
		}
	}
	hide(n)
	return text
}

// parseList reads one YAML document that is a list of mappings.
func parseList(text []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // empty, or nothing but comments
		}
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has more than one YAML document")
	}
	list := document.Content[0]
	if isNull(list) {
		return nil, nil
	}
	if list.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: it is not a list", list.Line)
	}
	budget := maxNodes
	for _, item := range list.Content {
		if item.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("line %d: an item of the list is not a mapping", item.Line)
		}
	}
	return list.Content, plainNode(list, 0, &budget)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// plainNode refuses all of YAML that stands for something else than it shows.
func plainNode(n *yaml.Node, depth int, budget *int) error {
	*budget--
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fmt.Errorf("line %d: anchors and aliases are not taken", n.Line)
	case n.Style&yaml.TaggedStyle != 0:
		return fmt.Errorf("line %d: tags are not taken", n.Line)
	case depth > maxDepth:
		return fmt.Errorf("line %d: nested deeper than %d", n.Line, maxDepth)
	case *budget < 0:
		return fmt.Errorf("line %d: more than %d values", n.Line, maxNodes)
	}
	if err := distinctKeys(n); err != nil {
		return err
	}
	for _, child := range n.Content {
		if err := plainNode(child, depth+1, budget); err != nil {
			return err
		}
	}
	return nil
}

func distinctKeys(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge":
			return fmt.Errorf("line %d: a key is not text", key.Line)
		case seen[key.Value]:
			return fmt.Errorf("line %d: a key that its mapping has already", key.Line)
		}
		seen[key.Value] = true
	}
	return nil
}

// under returns the value under a key, or nil.
func under(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// relabelNode asks Prometheus' own parser about a list of steps.
func (in *inspector) relabelNode(n *yaml.Node) {
	if n == nil || isNull(n) {
		return
	}
	var steps []*relabel.Config
	if err := n.Decode(&steps); err != nil {
		in.atLine(n, InvalidAdditional, "%s", withoutValues(err, n))
		return
	}
	for i, step := range steps {
		if step == nil {
			in.atLine(n, InvalidAdditional, "step %d is empty", i)
			continue
		}
		if err := step.Validate(in.scheme); err != nil {
			in.atLine(n, InvalidAdditional, "step %d: %s", i, withoutValues(err, n.Content[i]))
		}
	}
}

// additionalJobs are those of spec.additionalScrapeConfigs. When something is wrong with one, those that are published stay.
func (run *run) additionalJobs(others []jobText) []jobText {
	sel := run.world.Prometheus.Spec.AdditionalScrapeConfigs
	if sel == nil {
		return nil
	}
	in := run.ownInspector()
	var jobs []jobText
	in.at("spec.additionalScrapeConfigs", func() {
		taken := namesOf(others)
		for i, item := range run.additionalList(in, sel) {
			in.path = append(in.path, step{index: i})
			in.additionalJob(item, taken)
			in.path = in.path[:len(in.path)-1]
			jobs = append(jobs, run.additionalJob(item, in))
		}
	})
	if len(in.faults) > 0 {
		run.faults = append(run.faults, in.faults...)
		jobs = without(run.published().fromAdditional(), namesOf(others))
	}
	if len(jobs) > 0 {
		jobs[0].text = append([]byte(additionalMark), jobs[0].text...)
		jobs[0].digest = sha256.Sum256(jobs[0].text)
	}
	return jobs
}

func namesOf(jobs []jobText) map[string]bool {
	names := make(map[string]bool, len(jobs))
	for i := range jobs {
		names[jobs[i].name] = true
	}
	return names
}

func without(jobs []jobText, names map[string]bool) []jobText {
	var out []jobText
	for _, job := range jobs {
		if !names[job.name] {
			out = append(out, job)
		}
	}
	return out
}

// additionalJob inspects what can be told without Prometheus' whole parser.
func (in *inspector) additionalJob(n *yaml.Node, taken map[string]bool) {
	name := under(n, "job_name")
	switch {
	case name == nil || name.Kind != yaml.ScalarNode || name.Value == "":
		in.atLine(n, InvalidAdditional, "a job needs a job_name")
	case taken[name.Value]:
		in.atLine(name, DuplicateJob, "another job has this job_name")
	default:
		taken[name.Value] = true
	}
	in.knownNode(n, jobKind)
	ofThePrometheus := in.scheme
	if wrong := in.judgeNames(namingIn(n)); wrong != "" {
		in.atLine(n, InvalidAdditional, "metric_name_escaping_scheme: %s", wrong)
	}
	in.relabelNode(under(n, "relabel_configs"))
	in.relabelNode(under(n, "metric_relabel_configs"))
	in.scheme = ofThePrometheus
	in.timingNode(under(n, "scrape_interval"), under(n, "scrape_timeout"))
}

// additionalJob writes a job, with the steps of sharding where it has none of its own.
func (run *run) additionalJob(n *yaml.Node, in *inspector) jobText {
	item := any(n)
	if steps := run.settings.byAddress; run.settings.sharding.shards > 1 && !hashes(under(n, "relabel_configs")) {
		item = withSteps(n, steps)
	}
	name := ""
	if n := under(n, "job_name"); n != nil {
		name = n.Value
	}
	out := newJobText(name, run.encodeItem(run.scope, item, in))
	run.judgeRoom(in, out)
	return out
}
