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
	if !j.target.Names.IsValidLabelName(name) || name == model.MetricNameLabel {
		c.add(at, InvalidRule, fmt.Sprintf("invalid label name %q", name))
	}
}

// refusal adds an error of Prometheus' rule check, at the expression when it is one of the expression.
func (c *collector) refusal(path string, err error) {
	if complexity, ok := errors.AsType[*complexityError](err); ok {
		c.add(path+".expr", TooComplex, complexity.message)
		return
	}
	if syntax, ok := errors.AsType[parser.ParseErrors](err); ok {
		c.add(path+".expr", InvalidRule, syntax.Error()+hint(syntax))
		return
	}
	c.add(path, InvalidRule, err.Error())
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
