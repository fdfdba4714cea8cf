package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"

	v1 "github.com/promloop/promloop/api/v1"
)

// Warnings says what in an object is legal and likely wrong, as far as Prometheus' own annotations know it. It expects an object
// that was accepted; what can't be parsed has no warnings.
func (j *Judge) Warnings(rule *v1.PrometheusRule) []Finding {
	var out []Finding
	seen := map[string]string{}
	for i := range rule.Spec.Groups {
		g := &rule.Spec.Groups[i]
		for k := range g.Rules {
			r := &g.Rules[k]
			path := fmt.Sprintf("spec.groups[%d].rules[%d]", i, k)
			c := collector{group: g.Name, rule: ruleName(r.Record, r.Alert)}
			c.twin(path, r, seen)
			guarded := &guardedParser{Parser: j.parser, limits: j.limits}
			if tree, err := guarded.ParseExpr(r.Expr.String()); err == nil {
				c.doubtful(path+".expr", r.Expr.String(), tree)
			}
			out = append(out, c.findings...)
		}
	}
	return out
}

// twin warns of a rule with the same name and labels as an earlier one: they write the same series.
func (c *collector) twin(path string, r *v1.Rule, seen map[string]string) {
	key := ruleName(r.Record, r.Alert)
	for _, label := range slices.Sorted(maps.Keys(r.Labels)) {
		key += fmt.Sprintf("%q=%q", label, r.Labels[label])
	}
	if first, twice := seen[key]; twice {
		c.add(path, InvalidRule, "same name and labels as "+first)
		return
	}
	seen[key] = path
}

// doubtful warns of what Prometheus evaluates to nothing, or to something else than was meant.
func (c *collector) doubtful(path, expr string, tree parser.Expr) {
	if kind := tree.Type(); kind != parser.ValueTypeVector && kind != parser.ValueTypeScalar {
		c.add(path, InvalidRule, fmt.Sprintf("evaluates to a %s, so every evaluation of the rule fails; it must be an instant vector or a scalar", parser.DocumentedType(kind)))
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if doubt := doubtOf(node); doubt != nil {
			c.add(path, InvalidRule, positioned(doubt, expr))
		}
		return nil
	})
}

// positioned lets an annotation of Prometheus say its place in expr.
func positioned(doubt error, expr string) string {
	if p, ok := doubt.(interface{ SetQuery(string) }); ok {
		p.SetQuery(expr)
	}
	return doubt.Error()
}

func doubtOf(node parser.Node) error {
	switch n := node.(type) {
	case *parser.Call:
		return doubtfulCall(n)
	case *parser.AggregateExpr:
		number, literal := unwrap(n.Param).(*parser.NumberLiteral)
		switch {
		case !literal:
		case n.Op == parser.QUANTILE && outside(number.Val, 0, 1):
			return annotations.NewInvalidQuantileWarning(number.Val, n.Param.PositionRange())
		case n.Op == parser.LIMIT_RATIO && outside(number.Val, -1, 1):
			return annotations.NewInvalidRatioWarning(number.Val, max(-1, min(1, number.Val)), n.Param.PositionRange())
		}
	}
	return nil
}

func outside(x, low, high float64) bool { return !(x >= low && x <= high) } // NaN is outside too

func doubtfulCall(n *parser.Call) error {
	switch n.Func.Name {
	case "histogram_quantile", "quantile_over_time":
		if number, ok := unwrap(n.Args[0]).(*parser.NumberLiteral); ok && outside(number.Val, 0, 1) {
			return annotations.NewInvalidQuantileWarning(number.Val, n.Args[0].PositionRange())
		}
	case "rate", "increase", "irate":
		if name := metricName(n.Args[0]); name != "" && !counterName(name) {
			return annotations.NewPossibleNonCounterInfo(name, n.Args[0].PositionRange())
		}
	}
	return nil
}

// metricName is the name of the metric that a range selects, "" when it is no plain selector.
func metricName(e parser.Expr) string {
	matrix, ok := unwrap(e).(*parser.MatrixSelector)
	if !ok {
		return ""
	}
	selector, ok := matrix.VectorSelector.(*parser.VectorSelector)
	if !ok {
		return ""
	}
	for _, m := range selector.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// counterName reports whether a name follows the conventions for counters, which is what Prometheus itself goes by. The parts of
// a histogram count too; native histograms have no suffix and are told apart by their values only.
func counterName(name string) bool {
	return slices.ContainsFunc([]string{"_total", "_sum", "_count", "_bucket"}, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}
