package rules

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// collector gathers the findings of one group or rule.
type collector struct {
	group, rule string
	findings    []Finding
}

func (c *collector) add(path, reason, message string) {
	c.findings = append(c.findings, Finding{Path: path, Group: c.group, Rule: c.rule, Reason: reason, Message: message})
}

// text refuses characters that would not come back from Prometheus as they were.
func (c *collector) text(path, s string) {
	if bad := badText(s); bad != "" {
		c.add(path, InvalidText, "the text "+bad)
	}
}

func (c *collector) label(path, name, value string, j *Judge) {
	at := fmt.Sprintf("%s[%s]", path, name)
	c.text(at, name)
	c.text(at, value)
	if !model.UTF8Validation.IsValidLabelName(name) || name == model.MetricNameLabel {
		c.add(at, InvalidRule, fmt.Sprintf("invalid label name %q", name))
	}
	c.labelName(at, name, j.target)
}

// names refuses names that the target's naming scheme does not allow; Prometheus' own checks have let them through. An expression may
// have any that its version can read: a job with a scheme of its own may bring such series.
func (c *collector) names(path string, r *rulefmt.Rule, t Target) {
	if r.Record != "" && !t.Names.IsValidMetricName(r.Record) {
		c.badName(path+".record", fmt.Sprintf("metric name %q", r.Record), t)
	}
	for _, text := range textsOf(r) {
		c.labelName(path+"."+text.place, text.key, t)
	}
}

func (c *collector) labelName(path, name string, t Target) {
	if !t.Names.IsValidLabelName(name) {
		c.badName(path, fmt.Sprintf("label name %q", name), t)
	}
}

// badName refuses a name for the reason that the target goes by the legacy scheme: its version, or its own choice.
func (c *collector) badName(path, name string, t Target) {
	if newer := t.needs(name, since{3, 0}); newer != "" {
		c.add(path, UnsupportedByVersion, newer)
		return
	}
	c.add(path, InvalidRule, name+" is not allowed by the legacy naming scheme of this Prometheus")
}

// refusal adds an error of Prometheus' rule check at the field that it is about.
func (c *collector) refusal(path string, r *rulefmt.Rule, err error) {
	if complexity, ok := errors.AsType[*complexityError](err); ok {
		c.add(path+".expr", TooComplex, complexity.message)
		return
	}
	if syntax, ok := errors.AsType[parser.ParseErrors](err); ok {
		c.add(path+".expr", InvalidRule, syntax.Error()+hint(syntax))
		return
	}
	c.add(path+placeOf(r, err.Error()), InvalidRule, err.Error())
}

// placeOf is the field of r that an error of Prometheus' rule check is about, "" for the rule itself. The error says it in words alone.
func placeOf(r *rulefmt.Rule, message string) string {
	if _, field, found := strings.Cut(message, "field '"); found {
		field, _, _ = strings.Cut(field, "'")
		return "." + field
	}
	if strings.Contains(message, "recording rule name") {
		return ".record"
	}
	for _, text := range textsOf(r) {
		kind, _, _ := strings.Cut(text.place, "s[")
		if strings.HasPrefix(message, fmt.Sprintf("%s %q: ", kind, text.key)) || message == "invalid "+kind+" name: "+text.key {
			return "." + text.place
		}
	}
	return ""
}

// hint says what to do about what a feature flag of Prometheus would allow.
func hint(syntax parser.ParseErrors) string {
	if strings.Contains(syntax.Error(), "is not enabled") {
		return "; it is experimental, and the Prometheus needs promql-experimental-functions in spec.enableFeatures"
	}
	return ""
}

// matchers refuses label values that only become invalid text once their escapes are read.
func (c *collector) matchers(path string, tree parser.Expr) {
	bad := firstIn(tree, func(node parser.Node) string {
		switch n := node.(type) {
		case *parser.StringLiteral:
			return badValue(n.Val)
		case *parser.VectorSelector:
			for _, m := range n.LabelMatchers {
				if bad := badValue(m.Value); bad != "" {
					return fmt.Sprintf("the value of label %q: %s", m.Name, bad)
				}
			}
		}
		return ""
	})
	if bad != "" {
		c.add(path, InvalidText, bad)
	}
}

func badValue(s string) string {
	if !utf8.ValidString(s) {
		return "a string is not valid UTF-8 once its escapes are read"
	}
	if bad := badText(s); bad != "" {
		return "a string " + bad + " once its escapes are read"
	}
	return ""
}

func (c *collector) escape(path string, err error) {
	if err != nil {
		c.add(path, NamespaceEscape, err.Error())
	}
}

// survives reports whether Prometheus reads from text exactly what g says.
func survives(g rulefmt.RuleGroup, text string) bool {
	groups := fromFile(fileHead + text)
	return len(groups) == 1 && equalGroups(groups[0], g)
}

func equalGroups(a, b rulefmt.RuleGroup) bool {
	if a.Name != b.Name || a.Interval != b.Interval || a.Limit != b.Limit || len(a.Rules) != len(b.Rules) ||
		!reflect.DeepEqual(a.QueryOffset, b.QueryOffset) || !equalMaps(a.Labels, b.Labels) {
		return false
	}
	for i := range a.Rules {
		if !equalRules(&a.Rules[i], &b.Rules[i]) {
			return false
		}
	}
	return true
}

func equalRules(a, b *rulefmt.Rule) bool {
	return a.Record == b.Record && a.Alert == b.Alert && a.Expr == b.Expr && a.For == b.For && a.KeepFiringFor == b.KeepFiringFor &&
		equalMaps(a.Labels, b.Labels) && equalMaps(a.Annotations, b.Annotations)
}

func equalMaps(a, b map[string]string) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
