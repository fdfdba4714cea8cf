package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	v1 "github.com/promloop/promloop/api/v1"
)

// Judge decides whether one Prometheus could load an object's groups. It is safe for concurrent use.
type Judge struct {
	target Target
	limits Limits
	parser parser.Parser
}

// NewJudge returns the judge for a target.
func NewJudge(target Target, limits Limits) *Judge {
	return &Judge{target: target, limits: limits, parser: parser.NewParser(target.Features)}
}

// Judgement is what a Judge says of one object.
type Judgement struct {
	// Groups has an entry for each group of the object, in its order. It is empty when the object is refused whole.
	Groups []Group
	// Findings are empty when everything was accepted.
	Findings []Finding
}

// Group is one judged group.
type Group struct {
	Name string
	// Text is the group as it stands in a rule file, "" when the group is refused.
	Text string
	// Rules is the number of rules in Text.
	Rules int
	// Omitted are fields of the object that Text does without, since only a newer Prometheus understands them.
	Omitted []Finding
}

// Whole reports whether every group was accepted.
func (j Judgement) Whole() bool { return len(j.Findings) == 0 }

// Omitted are the fields that the accepted groups do without.
func (j Judgement) Omitted() []Finding {
	var out []Finding
	for _, g := range j.Groups {
		out = append(out, g.Omitted...)
	}
	return out
}

// subject is the object that is being judged.
type subject struct {
	namespace, name string
	enforced        bool // its rules are kept inside the namespace
	patterns        *int // bytes beyond their text that its patterns may still take
}

func (j *Judge) subject(namespace, name string) subject {
	return subject{namespace: namespace, name: name, enforced: j.target.enforces(namespace, name), patterns: new(j.limits.PatternBytes)}
}

// Object judges an object, group by group.
func (j *Judge) Object(rule *v1.PrometheusRule) Judgement {
	if findings := j.size(&rule.Spec); len(findings) > 0 {
		return Judgement{Findings: findings}
	}
	of := j.subject(rule.Namespace, rule.Name)
	var out Judgement
	seen := map[string]int{}
	for i := range rule.Spec.Groups {
		name, path := rule.Spec.Groups[i].Name, fmt.Sprintf("spec.groups[%d]", i)
		group, findings := Group{Name: name}, []Finding(nil)
		if first, twice := seen[name]; twice {
			message := fmt.Sprintf("spec.groups[%d] has this name already; Prometheus allows a group name once in an object", first)
			findings = []Finding{{Path: path + ".name", Group: name, Reason: DuplicateGroup, Message: message}}
		} else {
			seen[name] = i
			group, findings = j.objectGroup(of, path, &rule.Spec.Groups[i])
		}
		out.Groups = append(out.Groups, group)
		out.Findings = append(out.Findings, findings...)
	}
	if size := assemble(out.Groups).size(FileName(rule.Namespace, rule.Name)); size > j.limits.ShardBytes {
		return Judgement{Findings: tooLarge("spec", "the rules take %d bytes as a rule file, and a ConfigMap holds %d; "+
			"spread the groups over several objects", size, j.limits.ShardBytes)}
	}
	return out
}

func (j *Judge) objectGroup(of subject, path string, g *v1.RuleGroup) (Group, []Finding) {
	converted, unread := fromObject(path, g)
	group, findings := j.group(of, path, converted)
	if len(unread) > 0 {
		return Group{Name: g.Name}, append(unread, findings...)
	}
	return group, findings
}

// size refuses what is too large before anything is parsed.
func (j *Judge) size(spec *v1.PrometheusRuleSpec) []Finding {
	if n := len(spec.Groups); n > j.limits.GroupsPerObject {
		return tooLarge("spec.groups", "the object has %d groups, the limit is %d; spread them over several objects", n, j.limits.GroupsPerObject)
	}
	bytes := 0
	for i := range spec.Groups {
		g := &spec.Groups[i]
		if n := len(g.Rules); n > j.limits.RulesPerGroup {
			return tooLarge(fmt.Sprintf("spec.groups[%d].rules", i), "the group has %d rules, the limit is %d; split the group", n, j.limits.RulesPerGroup)
		}
		bytes += textBytes(g)
	}
	if bytes > j.limits.ShardBytes {
		return tooLarge("spec", "the object has at least %d bytes of rules, the limit is %d; spread the groups over several objects", bytes, j.limits.ShardBytes)
	}
	return nil
}

func tooLarge(path, format string, args ...any) []Finding {
	return []Finding{{Path: path, Reason: TooLarge, Message: fmt.Sprintf(format, args...)}}
}

// textBytes is a lower bound of the bytes that g takes in a rule file.
func textBytes(g *v1.RuleGroup) int {
	bytes := len(g.Name) + mapBytes(g.Labels)
	for i := range g.Rules {
		r := &g.Rules[i]
		bytes += len(r.Record) + len(r.Alert) + len(r.Expr.StrVal) + mapBytes(r.Labels) + mapBytes(r.Annotations)
	}
	return bytes
}

func mapBytes(m map[string]string) int {
	bytes := 0
	for key, value := range m {
		bytes += len(key) + len(value)
	}
	return bytes
}

// group judges a group, brings it under the namespace label, and renders it.
func (j *Judge) group(of subject, path string, g rulefmt.RuleGroup) (Group, []Finding) {
	refused := Group{Name: g.Name}
	g.Rules = slices.Clone(g.Rules)
	omitted := collector{group: g.Name}
	omitted.omit(path, &g, j.target)
	findings := j.head(path, &g)
	if len(findings) == 0 {
		findings = j.shared(of, path, &g)
	}
	for i := range g.Rules {
		findings = append(findings, j.rule(of, fmt.Sprintf("%s.rules[%d]", path, i), g.Name, &g.Rules[i])...)
	}
	if len(findings) > 0 {
		return refused, findings
	}
	if of.enforced {
		g.Labels = maps.Clone(g.Labels)
		delete(g.Labels, j.target.NamespaceLabel)
	}
	text, err := render(g)
	if err != nil {
		return refused, []Finding{{Path: path, Group: g.Name, Reason: InvalidText, Message: err.Error()}}
	}
	return Group{Name: g.Name, Text: text, Rules: len(g.Rules), Omitted: omitted.findings}, nil
}

// head judges all of a group but its rules.
func (j *Judge) head(path string, g *rulefmt.RuleGroup) []Finding {
	c := collector{group: g.Name}
	if g.Name == "" {
		c.add(path+".name", InvalidRule, "a group needs a name")
	}
	c.text(path+".name", g.Name)
	for _, label := range slices.Sorted(maps.Keys(g.Labels)) {
		c.label(path+".labels", label, g.Labels[label], j)
	}
	return c.findings
}

// shared judges the labels of a group as those of an alert: Prometheus gives them to each, and executes them there as templates.
func (j *Judge) shared(of subject, path string, g *rulefmt.RuleGroup) []Finding {
	first := slices.IndexFunc(g.Rules, func(r rulefmt.Rule) bool { return r.Alert != "" })
	if first < 0 || len(g.Labels) == 0 {
		return nil
	}
	for label, text := range g.Labels {
		if strings.Contains(text, "{{") && strings.Contains(text, alertTemplate) { // the alerts would have to be gone through one by one
			return []Finding{{
				Path: fmt.Sprintf("%s.labels[%s]", path, label), Group: g.Name, Reason: TooComplex,
				Message: "a label of a group can't call the template of an alert, " + alertTemplate + "…",
			}}
		}
	}
	as := rulefmt.Rule{Alert: g.Rules[first].Alert, Expr: "vector(0)", Labels: g.Labels}
	findings := j.rule(of, path, g.Name, &as)
	for i := range findings {
		findings[i].Rule = ""
	}
	g.Labels = as.Labels
	return findings
}

// rule judges one rule and, where the Prometheus enforces a namespace label, rewrites it.
func (j *Judge) rule(of subject, path, group string, r *rulefmt.Rule) []Finding {
	c := collector{group: group, rule: ruleName(r.Record, r.Alert)}
	j.ruleText(path, r, &c)
	if len(c.findings) > 0 {
		return c.findings // text that can't be shown is not worth parsing
	}
	guarded := &guardedParser{Parser: j.parser, limits: j.limits, patterns: of.patterns}
	for _, err := range r.Validate(rulefmt.RuleNode{}, model.UTF8Validation, guarded) {
		c.refusal(path, r, err.Unwrap())
	}
	if len(c.findings) > 0 {
		// Prometheus goes through labels in no order.
		slices.SortStableFunc(c.findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message)) })
		return c.findings
	}
	c.newerRule(path, r, guarded.tree, j.target)
	c.names(path, r, j.target)
	c.matchers(path+".expr", guarded.tree)
	if field := overgrown(r, j.limits.TemplateOutput); field != "" {
		c.add(path+"."+field, TooComplex, fmt.Sprintf("the template could write more than %d bytes; make it shorter, or its loops and calls fewer", j.limits.TemplateOutput))
	}
	if len(c.findings) == 0 && of.enforced {
		again := &guardedParser{Parser: j.parser, limits: j.limits}
		c.escape(path, tenant{label: j.target.NamespaceLabel, namespace: of.namespace, parser: guarded, again: again}.enforce(r, guarded.tree))
	}
	return c.findings
}

func (j *Judge) ruleText(path string, r *rulefmt.Rule, c *collector) {
	c.text(path+".record", r.Record)
	c.text(path+".alert", r.Alert)
	c.text(path+".expr", r.Expr)
	if n := len(r.Labels) + len(r.Annotations); n > j.limits.TextsPerRule {
		c.add(path, TooLarge, fmt.Sprintf("the rule has %d labels and annotations, the limit is %d", n, j.limits.TextsPerRule))
		return
	}
	for _, text := range textsOf(r) {
		at := path + "." + text.place
		c.text(at, text.key)
		c.text(at, text.value)
		if n := len(text.value); n > j.limits.TemplateBytes {
			c.add(at, TooLarge, fmt.Sprintf("the value has %d bytes, the limit is %d", n, j.limits.TemplateBytes))
		}
	}
}
