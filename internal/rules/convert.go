package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"

	v1 "github.com/promloop/promloop/api/v1"
)

// fromObject converts a group of an object to Prometheus' own type. What only Thanos knows is left out, as upstream does.
func fromObject(path string, g *v1.RuleGroup) (rulefmt.RuleGroup, []Finding) {
	d := durations{group: g.Name}
	out := rulefmt.RuleGroup{
		Name:     g.Name,
		Interval: d.read(path+".interval", g.Interval),
		Labels:   g.Labels,
		Rules:    make([]rulefmt.Rule, 0, len(g.Rules)),
	}
	if g.QueryOffset != nil && *g.QueryOffset != "" {
		offset := d.read(path+".query_offset", g.QueryOffset)
		out.QueryOffset = &offset
	}
	if g.Limit != nil {
		out.Limit = *g.Limit
	}
	for i := range g.Rules {
		r := &g.Rules[i]
		at := fmt.Sprintf("%s.rules[%d]", path, i)
		d.rule = ruleName(r.Record, r.Alert)
		out.Rules = append(out.Rules, rulefmt.Rule{
			Record: r.Record, Alert: r.Alert, Expr: r.Expr.String(), Labels: r.Labels, Annotations: r.Annotations,
			For:           d.read(at+".for", r.For),
			KeepFiringFor: d.read(at+".keep_firing_for", (*v1.Duration)(r.KeepFiringFor)),
		})
	}
	return out, d.findings
}

// text is a label or annotation of a rule.
type text struct {
	place string // in the rule, for example labels[severity]
	key   string
	value string
}

// textsOf lists the labels, then the annotations, each sorted by key.
func textsOf(r *rulefmt.Rule) []text {
	out := make([]text, 0, len(r.Labels)+len(r.Annotations))
	for _, values := range []struct {
		field string
		of    map[string]string
	}{{"labels", r.Labels}, {"annotations", r.Annotations}} {
		for _, key := range slices.Sorted(maps.Keys(values.of)) {
			out = append(out, text{values.field + "[" + key + "]", key, values.of[key]})
		}
	}
	return out
}

func ruleName(record, alert string) string {
	if alert != "" {
		return fmt.Sprintf("alert %q", alert)
	}
	return fmt.Sprintf("record %q", record)
}

// durations reads durations and collects those that can't be read.
type durations struct {
	group, rule string
	findings    []Finding
}

func (d *durations) read(path string, text *v1.Duration) model.Duration {
	if text == nil || *text == "" {
		return 0
	}
	duration, err := model.ParseDuration(string(*text))
	if err != nil {
		d.findings = append(d.findings, Finding{Path: path, Group: d.group, Rule: d.rule, Reason: InvalidRule, Message: err.Error()})
	}
	return duration
}

// fileHead starts every rule file; the groups follow, each as render returns it.
const fileHead = "groups:\n"

// render returns a group as an entry of the list of groups in a rule file, so that Prometheus reads from it exactly what g says.
func render(g rulefmt.RuleGroup) (string, error) {
	text, err := encode([]rulefmt.RuleGroup{g})
	if err != nil || survives(g, text) {
		return text, err
	}
	if text, err = renderQuoted(g); err == nil && !survives(g, text) {
		err = errors.New("the group has text that a rule file can't hold")
	}
	return text, err
}

func encode(value any) (string, error) {
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return text.String(), encoder.Close()
}

// newline stands for one while a group becomes a node. No text that is accepted has this character.
const newline = "\x01"

// renderQuoted is render with every text of several lines in quotes. The encoder writes a block of lines that begins with a tab in a
// way that can't be read back, and reads it back itself to make a node.
func renderQuoted(g rulefmt.RuleGroup) (string, error) {
	hide := func(s string) string { return strings.ReplaceAll(s, "\n", newline) }
	g.Labels, g.Rules = hideIn(g.Labels, hide), slices.Clone(g.Rules)
	for i := range g.Rules {
		r := &g.Rules[i]
		r.Expr, r.Labels, r.Annotations = hide(r.Expr), hideIn(r.Labels, hide), hideIn(r.Annotations, hide)
	}
	var node yaml.Node
	if err := node.Encode([]rulefmt.RuleGroup{g}); err != nil {
		return "", err
	}
	quoteLines(&node)
	return encode(&node)
}

func hideIn(values map[string]string, hide func(string) string) map[string]string {
	out := make(map[string]string, len(values))
	for key, value := range values {
		out[key] = hide(value)
	}
	return out
}

func quoteLines(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && strings.Contains(node.Value, newline) {
		node.Value, node.Style = strings.ReplaceAll(node.Value, newline, "\n"), yaml.DoubleQuotedStyle
	}
	for _, child := range node.Content {
		quoteLines(child)
	}
}

// fromFile reads back the groups of a rule file. A file that can't be read has none.
func fromFile(content string) []rulefmt.RuleGroup {
	var file rulefmt.RuleGroups
	if yaml.Unmarshal([]byte(content), &file) != nil {
		return nil
	}
	return file.Groups
}
