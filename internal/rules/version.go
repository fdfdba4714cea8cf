package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	v1 "github.com/promloop/promloop/api/v1"
)

// since is the first version that understands something, after the oldest that is supported. Source: Prometheus' CHANGELOG.
type since struct{ major, minor uint64 }

var functionsSince = map[string]since{
	"histogram_stddev": {2, 47}, "histogram_stdvar": {2, 47}, "mad_over_time": {2, 49}, "sort_by_label": {2, 49},
	"sort_by_label_desc": {2, 49}, "histogram_avg": {2, 51}, "info": {2, 55}, "double_exponential_smoothing": {3, 0},
	"ts_of_min_over_time": {3, 5}, "ts_of_max_over_time": {3, 5}, "ts_of_last_over_time": {3, 5}, "first_over_time": {3, 7},
	"ts_of_first_over_time": {3, 7}, "histogram_quantiles": {3, 11}, "start": {3, 12}, "end": {3, 12}, "range": {3, 12},
	"step": {3, 12}, "min_of": {3, 13}, "max_of": {3, 13}, "start_timestamp": {3, 14}, "integral": {3, 16},
}

// stableSince are functions that older versions have as experimental ones.
var stableSince = map[string]since{"first_over_time": {3, 14}}

var aggregatorsSince = map[parser.ItemType]since{parser.LIMITK: {2, 54}, parser.LIMIT_RATIO: {2, 54}}

var templateFunctionsSince = map[string]since{"toDuration": {3, 6}, "now": {3, 6}, "urlQueryEscape": {3, 8}}

// functionsBefore3 are all functions and those that only Prometheus 2 has: holt_winters got another name in 3.0.
func functionsBefore3() map[string]*parser.Function {
	functions := maps.Clone(parser.Functions)
	functions["holt_winters"] = &parser.Function{
		Name:       "holt_winters",
		ArgTypes:   []parser.ValueType{parser.ValueTypeMatrix, parser.ValueTypeScalar, parser.ValueTypeScalar},
		ReturnType: parser.ValueTypeVector,
	}
	return functions
}

func (t Target) needs(what string, first since) string {
	if !t.before(first.major, first.minor) {
		return ""
	}
	return fmt.Sprintf("%s needs Prometheus %d.%d or later, this one runs %s", what, first.major, first.minor, t.Version)
}

// needsFlag is needs for what an older version, from flagged on, has behind a feature flag.
func (t Target) needsFlag(what string, first since, flag v1.EnableFeature, flagged since) string {
	if slices.Contains(t.flags, flag) {
		return t.needs(what, flagged)
	}
	return t.needs(what, first)
}

// omit takes out of a group the fields that only a newer Prometheus understands and that a rule works without, and tells of each.
// They are those that prometheus-operator leaves out too.
func (c *collector) omit(path string, g *rulefmt.RuleGroup, t Target) {
	if g.QueryOffset != nil && c.newer(path+".query_offset", t.needs("query_offset", since{2, 53})) {
		g.QueryOffset = nil
	}
	if len(g.Labels) > 0 && c.newer(path+".labels", t.needs("labels of a group", since{3, 0})) {
		g.Labels = nil
	}
}

// newerRule tells what of a rule, whose expression is tree, only a newer Prometheus understands.
func (c *collector) newerRule(path string, r *rulefmt.Rule, tree parser.Expr, t Target) {
	c.newer(path+".expr", t.newerExpr(r.Expr, tree))
	if r.Alert == "" {
		return
	}
	for _, text := range textsOf(r) {
		c.newer(path+"."+text.place, t.newerTemplate(r.Alert, text.value))
	}
}

// newer adds message, if there is one, and reports whether there is.
func (c *collector) newer(path, message string) bool {
	if message != "" {
		c.add(path, UnsupportedByVersion, message)
	}
	return message != ""
}

// newerExpr says what in an expression, given with its tree, only a newer Prometheus understands, or "".
func (t Target) newerExpr(expr string, tree parser.Expr) string {
	if t.Version.Major == 0 {
		return ""
	}
	return cmp.Or(firstIn(tree, t.newerNode), t.newerSyntax(expr))
}

// firstIn returns the first thing that check says of a node of tree.
func firstIn(tree parser.Expr, check func(parser.Node) string) string {
	found := ""
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if found == "" && node != nil {
			found = check(node)
		}
		return nil
	})
	return found
}

func (t Target) newerNode(node parser.Node) string {
	switch n := node.(type) {
	case *parser.Call:
		return t.newerCall(n.Func.Name)
	case *parser.AggregateExpr:
		return t.needs(n.Op.String(), aggregatorsSince[n.Op])
	case *parser.BinaryExpr:
		return t.newerOperator(n)
	case *parser.NumberLiteral:
		if n.Duration {
			return t.needs("a duration as a number", since{2, 54})
		}
	case *parser.VectorSelector:
		return t.newerSelector(n)
	case *parser.MatrixSelector:
		return t.newerDuration(n.RangeExpr)
	case *parser.SubqueryExpr:
		return cmp.Or(t.newerDuration(n.RangeExpr), t.newerDuration(n.StepExpr), t.newerDuration(n.OriginalOffsetExpr))
	}
	return ""
}

func (t Target) newerCall(function string) string {
	if !t.Features.EnableExperimentalFunctions && t.before(stableSince[function].major, stableSince[function].minor) {
		return t.needs(function+"()", stableSince[function])
	}
	return t.needs(function+"()", functionsSince[function])
}

func (t Target) newerOperator(n *parser.BinaryExpr) string {
	if m := n.VectorMatching; m != nil && (m.FillValues.LHS != nil || m.FillValues.RHS != nil) {
		return t.needs("fill", since{3, 10})
	}
	return ""
}

func (t Target) newerSelector(s *parser.VectorSelector) string {
	if s.Anchored || s.Smoothed {
		return t.needsFlag("anchored and smoothed", since{3, 16}, "promql-extended-range-selectors", since{3, 7})
	}
	return t.newerDuration(s.OriginalOffsetExpr)
}

func (t Target) newerDuration(d *parser.DurationExpr) string {
	if d == nil {
		return ""
	}
	return t.needsFlag("arithmetic with durations", since{3, 14}, "promql-duration-expr", since{3, 4})
}
