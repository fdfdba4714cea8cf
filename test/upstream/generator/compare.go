package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v2"

	"github.com/promloop/promloop/internal/world"
)

// Document is a configuration as its structure: mappings, lists and scalars as text. What is empty counts as absent, but for the
// two directives that mean something when they are.
type Document map[string]any

// Parse reads a configuration, with the version of YAML that Prometheus reads.
func Parse(text []byte) (Document, error) {
	var raw map[any]any
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	doc, _ := normal(raw).(map[string]any)
	return doc, nil
}

func normal(v any) any {
	switch v := v.(type) {
	case map[any]any:
		return normalMap(v)
	case []any:
		var out []any
		for _, item := range v {
			out = append(out, normal(item))
		}
		return out
	case nil:
		return nil
	}
	return fmt.Sprint(v)
}

func normalMap(m map[any]any) any {
	out := map[string]any{}
	for k, value := range m {
		key, n := fmt.Sprint(k), normal(value)
		if list, ok := n.([]any); n == nil || n == "" && !meansSomethingEmpty[key] || ok && len(list) == 0 {
			continue
		}
		out[key] = n
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

var meansSomethingEmpty = map[string]bool{"replacement": true, "separator": true}

// Jobs are the scrape jobs by name.
func (d Document) Jobs() map[string]map[string]any {
	out := map[string]map[string]any{}
	list, _ := d["scrape_configs"].([]any)
	for _, item := range list {
		job := item.(map[string]any)
		out[fmt.Sprint(job["job_name"])] = job
	}
	return out
}

// Difference compares two documents, jobs by their name, once the rules have taken out what differs on purpose. It is empty for
// documents that mean the same.
func Difference(theirs, ours Document, w *world.World) string {
	for _, rule := range Rules {
		rule.Apply(theirs, ours, w)
	}
	theirJobs, ourJobs := theirs.Jobs(), ours.Jobs()
	var out strings.Builder
	if diff := cmp.Diff(withoutJobs(theirs), withoutJobs(ours)); diff != "" {
		fmt.Fprintf(&out, "sections (-theirs +ours):\n%s", diff)
	}
	for _, name := range names(theirJobs, ourJobs) {
		if diff := cmp.Diff(theirJobs[name], ourJobs[name]); diff != "" {
			fmt.Fprintf(&out, "job %s (-theirs +ours):\n%s", name, diff)
		}
	}
	return out.String()
}

func withoutJobs(d Document) Document {
	out := Document{}
	for key, value := range d {
		if key != "scrape_configs" {
			out[key] = value
		}
	}
	return out
}

func names(a, b map[string]map[string]any) []string {
	var out []string
	for name := range a {
		out = append(out, name)
	}
	for name := range b {
		if _, both := a[name]; !both {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
