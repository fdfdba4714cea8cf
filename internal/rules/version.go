package rules

import (
	"fmt"
	"maps"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// since is the first version that understands something. Source: Prometheus' CHANGELOG.
type since struct{ major, minor uint64 }

var functionsSince = map[string]since{
	"absent_over_time": {2, 16}, "last_over_time": {2, 26}, "sgn": {2, 26}, "clamp": {2, 26}, "present_over_time": {2, 29},
	"acos": {2, 31}, "acosh": {2, 31}, "asin": {2, 31}, "asinh": {2, 31}, "atan": {2, 31}, "atanh": {2, 31}, "cos": {2, 31},
	"cosh": {2, 31}, "sin": {2, 31}, "sinh": {2, 31}, "tan": {2, 31}, "tanh": {2, 31}, "deg": {2, 31}, "rad": {2, 31}, "pi": {2, 31},
	"histogram_count": {2, 40}, "histogram_sum": {2, 40}, "histogram_fraction": {2, 40}, "histogram_stddev": {2, 47},
	"histogram_stdvar": {2, 47}, "mad_over_time": {2, 49}, "sort_by_label": {2, 49}, "sort_by_label_desc": {2, 49},
	"histogram_avg": {2, 51}, "info": {2, 55}, "double_exponential_smoothing": {3, 0}, "ts_of_min_over_time": {3, 5},
	"ts_of_max_over_time": {3, 5}, "ts_of_last_over_time": {3, 5}, "first_over_time": {3, 7}, "ts_of_first_over_time": {3, 7},
	"histogram_quantiles": {3, 11}, "start": {3, 12}, "end": {3, 12}, "range": {3, 12}, "step": {3, 12}, "min_of": {3, 13},
	"max_of": {3, 13}, "start_timestamp": {3, 14}, "integral": {3, 16},
}

var aggregatorsSince = map[parser.ItemType]since{
	parser.GROUP: {2, 20}, parser.LIMITK: {2, 54}, parser.LIMIT_RATIO: {2, 54},
}

var templateFunctionsSince = map[string]since{
	"humanizePercentage": {2, 11}, "parseDuration": {2, 32}, "stripPort": {2, 33}, "toTime": {2, 38}, "toDuration": {3, 6},
	"now": {3, 6}, "urlQueryEscape": {3, 8},
}

// functionsBefore3 are the functions of Prometheus 2, as far as they differ: holt_winters got another name in 3.0.
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

// newerGroup says what in g, rules aside, only a newer Prometheus understands, or "".
func (t Target) newerGroup(g *rulefmt.RuleGroup) string {
	switch {
	case g.Limit != 0 && t.before(2, 31):
		return t.needs("limit", since{2, 31})
	case g.QueryOffset != nil && t.before(2, 53):
		return t.needs("query_offset", since{2, 53})
	case len(g.Labels) > 0:
		return t.needs("labels of a group", since{3, 0})
	}
	return ""
}

// newerExpr says what in an expression only a newer Prometheus understands, or "".
func (t Target) newerExpr(tree parser.Expr) string {
	if t.Version.Major == 0 {
		return ""
	}
	return firstIn(tree, t.newerNode)
}

// badNames says which name in an expression the naming scheme does not allow, or "". The parser itself allows them all.
func (t Target) badNames(tree parser.Expr) string {
	if t.Names == model.UTF8Validation {
		return ""
	}
	return firstIn(tree, func(node parser.Node) string {
		if s, ok := node.(*parser.VectorSelector); ok {
			return badSelectorNames(s)
		}
		return ""
	})
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
		return t.needs(n.Func.Name+"()", functionsSince[n.Func.Name])
	case *parser.AggregateExpr:
		return t.needs(n.Op.String(), aggregatorsSince[n.Op])
	case *parser.BinaryExpr:
		if n.Op == parser.ATAN2 {
			return t.needs("atan2", since{2, 31})
		}
	case *parser.VectorSelector:
		return t.newerSelector(n)
	}
	return ""
}

func (t Target) newerSelector(s *parser.VectorSelector) string {
	if s.Timestamp != nil || s.StartOrEnd != 0 {
		return t.needs("the @ modifier", since{2, 33})
	}
	if s.OriginalOffset < 0 {
		return t.needs("a negative offset", since{2, 33})
	}
	return ""
}

func badSelectorNames(s *parser.VectorSelector) string {
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && !model.LegacyValidation.IsValidMetricName(m.Value) {
			return fmt.Sprintf("metric name %q is not allowed by the legacy naming scheme", m.Value)
		}
		if !model.LegacyValidation.IsValidLabelName(m.Name) {
			return fmt.Sprintf("label name %q is not allowed by the legacy naming scheme", m.Name)
		}
	}
	return ""
}
