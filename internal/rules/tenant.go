package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// tenant keeps a rule inside its namespace: what it reads, in its expression and in the queries of its templates, and the label
// on what it writes. It works on parsed trees, never on text.
type tenant struct {
	label, namespace string
	parser           parser.Parser
	again            parser.Parser // for what was read before and is rewritten
}

// enforce rewrites r, whose expression is tree. It refuses what can't be kept inside.
func (t tenant) enforce(r *rulefmt.Rule, tree parser.Expr) error {
	expr, err := t.confine(tree)
	if err != nil {
		return fmt.Errorf("expr: %w", err)
	}
	r.Expr = expr
	if r.Alert != "" {
		if r.Labels, err = t.templates(r.Alert, r.Labels); err != nil {
			return fmt.Errorf("labels%w", err)
		}
		if r.Annotations, err = t.templates(r.Alert, r.Annotations); err != nil {
			return fmt.Errorf("annotations%w", err)
		}
	}
	r.Labels = maps.Clone(r.Labels)
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	r.Labels[t.label] = t.namespace
	return nil
}

func (t tenant) templates(alert string, values map[string]string) (map[string]string, error) {
	out := maps.Clone(values)
	for _, key := range slices.Sorted(maps.Keys(values)) { // always the same error first
		rewritten, err := t.template(alert, values[key])
		if err != nil {
			return nil, fmt.Errorf("[%s]: %w", key, err)
		}
		out[key] = rewritten
	}
	return out, nil
}

// confine returns the text of tree with the namespace asked for in every selector, proved by parsing it again.
func (t tenant) confine(tree parser.Expr) (string, error) {
	if refused := firstIn(tree, t.refused); refused != "" {
		return "", errors.New(refused)
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			s.LabelMatchers = append(t.others(s.LabelMatchers), labels.MustNewMatcher(labels.MatchEqual, t.label, t.namespace))
		}
		return nil
	})
	text := tree.String()
	again, err := t.again.ParseExpr(text)
	if err != nil {
		return "", fmt.Errorf("with the label %s=%q it can't be parsed again: %w", t.label, t.namespace, err)
	}
	if loose := firstIn(again, t.loose); loose != "" || again.String() != text {
		return "", fmt.Errorf("it can't be kept to %s=%q", t.label, t.namespace)
	}
	return text, nil
}

func (t tenant) others(matchers []*labels.Matcher) []*labels.Matcher {
	var out []*labels.Matcher
	for _, m := range matchers {
		if m.Name != t.label {
			out = append(out, m)
		}
	}
	return out
}

// refused says why a node can't be allowed where the namespace label is enforced, or "".
func (t tenant) refused(node parser.Node) string {
	switch n := node.(type) {
	case *parser.Call:
		switch n.Func.Name {
		case "info":
			return "info() joins series of other namespaces, and this Prometheus enforces the label " + t.label
		case "label_replace", "label_join":
			return t.sets(n.Func.Name+"()", n.Args[1])
		}
	case *parser.AggregateExpr:
		if n.Op == parser.COUNT_VALUES {
			return t.sets("count_values", n.Param)
		}
	}
	return ""
}

// sets refuses a function that writes the enforced label. The parser lets only literals through as names of labels.
func (t tenant) sets(function string, target parser.Expr) string {
	literal, ok := unwrap(target).(*parser.StringLiteral)
	if ok && literal.Val != t.label {
		return ""
	}
	return fmt.Sprintf("%s sets the label %s, which this Prometheus enforces", function, t.label)
}

func unwrap(e parser.Expr) parser.Expr {
	for {
		paren, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = paren.Expr
	}
}

// loose says that a selector reaches past the namespace.
func (t tenant) loose(node parser.Node) string {
	s, ok := node.(*parser.VectorSelector)
	if !ok {
		return t.refused(node)
	}
	found := 0
	for _, m := range s.LabelMatchers {
		if m.Name != t.label {
			continue
		}
		if m.Type != labels.MatchEqual || m.Value != t.namespace {
			return "loose"
		}
		found++
	}
	if found != 1 {
		return "loose"
	}
	return ""
}
