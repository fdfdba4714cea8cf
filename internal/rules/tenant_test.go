package rules_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

// load reads a rule file as Prometheus does.
func load(t interface {
	Helper()
	Fatalf(string, ...any)
}, content string) *rulefmt.RuleGroups {
	t.Helper()
	p := parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true})
	groups, errs := rulefmt.Parse([]byte(content), false, model.UTF8Validation, p, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("Prometheus refuses the file: %v\n%s", errs, content)
	}
	return groups
}

func enforcing() *v1.Prometheus {
	p := prometheus()
	p.Spec.EnforcedNamespaceLabel = "namespace"
	p.Spec.EnableFeatures = []v1.EnableFeature{"promql-experimental-functions"}
	return p
}

// Every way out of the namespace is closed or refused.
func TestF73_EnforcedNamespaceLabel(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		expr string
		want string // the expression in the file; "" for refused
	}{
		"plain":                 {`up`, `up{namespace="team-a"}`},
		"other value":           {`up{namespace="other"}`, `up{namespace="team-a"}`},
		"not equal":             {`up{namespace!="team-a"}`, `up{namespace="team-a"}`},
		"any value":             {`up{namespace=~".*"}`, `up{namespace="team-a"}`},
		"twice":                 {`up{namespace="a",namespace="b"}`, `up{namespace="team-a"}`},
		"quoted label name":     {`{"up","namespace"="other"}`, `{namespace="team-a",__name__="up"}`},
		"every selector":        {`sum(rate(a[5m])) / sum(rate(b[5m]))`, `sum(rate(a{namespace="team-a"}[5m])) / sum(rate(b{namespace="team-a"}[5m]))`},
		"in a subquery":         {`max_over_time(rate(a[5m])[1h:1m])`, `max_over_time(rate(a{namespace="team-a"}[5m])[1h:1m])`},
		"in a parameter":        {`quantile(scalar(a), b)`, `quantile(scalar(a{namespace="team-a"}), b{namespace="team-a"})`},
		"label_replace onto it": {`label_replace(up, "namespace", "x", "", "")`, ""},
		"in parentheses":        {`label_replace(up, ("namespace"), "x", "", "")`, ""},
		"label_replace of some": {`label_replace(up, "a", "x", "namespace", "")`, `label_replace(up{namespace="team-a"}, "a", "x", "namespace", "")`},
		"label_join onto it":    {`label_join(up, "namespace", "", "a")`, ""},
		"count_values onto it":  {`count_values("namespace", up)`, ""},
		"info":                  {`info(up)`, ""},
		"info with selector":    {`info(up, {version=~".+"})`, ""},
		"no selector":           {`vector(1)`, `vector(1)`},
		"upper case is another": {`up{Namespace="other"}`, `up{Namespace="other",namespace="team-a"}`},
	} {
		got := judge(enforcing(), object("a", group("g", with(record("x", tc.expr), func(r *v1.Rule) {
			r.Labels = map[string]string{"namespace": "other"}
		}))))
		if tc.want == "" {
			if len(got.Findings) != 1 || got.Findings[0].Reason != rules.NamespaceEscape {
				t.Errorf("%s: want NamespaceEscape, got %v", name, got)
			}
			continue
		}
		if !got.Whole() {
			t.Errorf("%s: %v", name, got.Findings)
			continue
		}
		rule := load(t, "groups:\n"+got.Groups[0].Text).Groups[0].Rules[0]
		if canonical(t, rule.Expr) != canonical(t, tc.want) {
			t.Errorf("%s: got %s, want %s", name, rule.Expr, tc.want)
		}
		if rule.Labels["namespace"] != "team-a" {
			t.Errorf("%s: the label of the rule is ours to set: %v", name, rule.Labels)
		}
	}
}

// Prometheus gives the labels of a group to each of its alerts, and executes them as templates of it.
func TestF75_LabelsOfAGroupAreTemplates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		p      *v1.Prometheus
		text   string
		reason string // "" for taken
		want   string // what the label becomes
	}{
		"QueryOfAnother":    {enforcing(), `{{ range query "secret" }}{{ .Value }}{{ end }}`, "", `{{ range query "secret{namespace=\"team-a\"}" }}{{ .Value }}{{ end }}`},
		"QueryThatIsBuilt":  {enforcing(), `{{ query (print "sec" "ret") }}`, rules.NamespaceEscape, ""},
		"NoEnd":             {prometheus(), `{{ range query "up" }}{{ "{{" }}`, rules.InvalidRule, ""},
		"Bomb":              {prometheus(), `{{ printf "%999999999d" 1 }}`, rules.TooComplex, ""},
		"CallsAnAlert":      {prometheus(), `{{ template "__alert_Other" . }}`, rules.TooComplex, ""},
		"TooLong":           {prometheus(), strings.Repeat("x", 40<<10), rules.TooLarge, ""},
		"PlainIsLeftAsItIs": {enforcing(), "web", "", "web"},
	} {
		g := group("g", record("x", "up"), alert("A", "up"), alert("Other", "up"))
		g.Labels = map[string]string{"leak": tc.text}
		got := judge(tc.p, object("a", g))
		if tc.reason != "" {
			if len(got.Findings) != 1 || got.Findings[0].Reason != tc.reason || !strings.HasPrefix(got.Findings[0].Path, "spec.groups[0]") {
				t.Errorf("%s: want %s, got %v", name, tc.reason, got.Findings)
			}
			continue
		}
		if !got.Whole() {
			t.Errorf("%s: %v", name, got.Findings)
			continue
		}
		if labels := load(t, "groups:\n"+got.Groups[0].Text).Groups[0].Labels; len(labels) != 1 || labels["leak"] != tc.want {
			t.Errorf("%s: the group has %v, want %s", name, labels, tc.want)
		}
	}
}

// A label of the whole group is no way around either.
func TestF73_LabelOfTheGroup(t *testing.T) {
	t.Parallel()
	g := group("g", record("x", "up"))
	g.Labels = map[string]string{"namespace": "other", "team": "web"}
	loaded := load(t, "groups:\n"+judge(enforcing(), object("a", g)).Groups[0].Text).Groups[0]
	if len(loaded.Labels) != 1 || loaded.Labels["team"] != "web" || loaded.Rules[0].Labels["namespace"] != "team-a" {
		t.Errorf("the group has %v and its rule %v", loaded.Labels, loaded.Rules[0].Labels)
	}
}

func canonical(t *testing.T, expr string) string {
	t.Helper()
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	return tree.String()
}

// Templates read series too.
func TestF75_EnforcedNamespaceLabelInTemplates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"constant query":   {`{{ with query "up" }}{{ . | first | value }}{{ end }}`, `{{ with query "up{namespace=\"team-a\"}" }}{{ . | first | value }}{{ end }}`},
		"raw string":       {"{{ query `up` }}", `{{ query "up{namespace=\"team-a\"}" }}`},
		"two queries":      {`{{ query "a" }} {{ query "b" }}`, `{{ query "a{namespace=\"team-a\"}" }} {{ query "b{namespace=\"team-a\"}" }}`},
		"in an expression": {`{{ range (query "up") }}x{{ end }}`, `{{ range (query "up{namespace=\"team-a\"}") }}x{{ end }}`},
		"in else":          {`{{ if false }}{{ else }}{{ query "up" }}{{ end }}`, `{{ if false }}{{ else }}{{ query "up{namespace=\"team-a\"}" }}{{ end }}`},
		"no query":         {`{{ $labels.job }} {{ $value | humanize }} is query "up"`, `{{ $labels.job }} {{ $value | humanize }} is query "up"`},
		"built text":       {`{{ query (printf "up{a=%q}" $labels.a) }}`, ""},
		"piped":            {`{{ "up" | query }}`, ""},
		"variable":         {`{{ $q := "up" }}{{ query $q }}`, ""},
		"definition":       {`{{ define "x" }}{{ query "up" }}{{ end }}`, ""},
		"escaping query":   {`{{ query "info(up)" }}`, ""},
		"broken query":     {`{{ query "up{" }}`, ""},
	} {
		got := judge(enforcing(), object("a", group("g", with(alert("A", "up == 0"), func(r *v1.Rule) {
			r.Annotations = map[string]string{"text": tc.text}
			r.Labels = map[string]string{"text": tc.text}
		}))))
		if tc.want == "" {
			if len(got.Findings) != 1 || got.Findings[0].Reason != rules.NamespaceEscape {
				t.Errorf("%s: want NamespaceEscape, got %v", name, got)
			}
			continue
		}
		if !got.Whole() {
			t.Errorf("%s: %v", name, got.Findings)
			continue
		}
		rule := load(t, "groups:\n"+got.Groups[0].Text).Groups[0].Rules[0]
		if rule.Annotations["text"] != tc.want || rule.Labels["text"] != tc.want {
			t.Errorf("%s: got %s and %s, want %s", name, rule.Annotations["text"], rule.Labels["text"], tc.want)
		}
	}
}

func TestExcludedFromEnforcement(t *testing.T) {
	t.Parallel()
	p := enforcing()
	p.Spec.ExcludedFromEnforcement = []v1.ObjectReference{
		{Resource: "prometheusrules", Namespace: "team-a", Name: "one"}, {Resource: "prometheusrules", Namespace: "team-b"},
		{Resource: "servicemonitors", Namespace: "team-c"},
	}
	p.Spec.PrometheusRulesExcludedFromEnforce = []v1.PrometheusRuleExcludeConfig{{RuleNamespace: "team-a", RuleName: "two"}}
	for name, free := range map[string]bool{"team-a/one": true, "team-a/two": true, "team-a/three": false, "team-b/any": true, "team-c/any": false} {
		got := judge(p, object(name, group("g", record("x", "up"))))
		if enforced := strings.Contains(got.Groups[0].Text, "namespace="); enforced == free {
			t.Errorf("%s: enforced is %t", name, enforced)
		}
	}
}

// tracker is a storage without series that remembers what was asked of it.
type tracker struct{ asked [][]*labels.Matcher }

func (q *tracker) Querier(_, _ int64) (storage.Querier, error) { return q, nil }
func (q *tracker) Close() error                                { return nil }

func (q *tracker) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *tracker) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *tracker) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	q.asked = append(q.asked, matchers)
	return storage.EmptySeriesSet()
}

// expressions draws PromQL that tries to leave its namespace.
func expressions() *rapid.Generator[string] {
	selector := rapid.SampledFrom([]string{
		"up", `up{namespace="other"}`, `up{namespace!="team-a"}`, `up{namespace=~".*"}`, `{"up"}`, `{__name__=~".+"}`,
		`{"namespace"="other","x"="1"}`, `up{a="}"}`, `up offset 5m`, `up @ end()`, `up{namespace="a" or namespace="b"}`,
	})
	return rapid.Custom(func(t *rapid.T) string {
		expr := selector.Draw(t, "selector")
		for range rapid.IntRange(0, 5).Draw(t, "depth") {
			other := selector.Draw(t, "other")
			expr = rapid.SampledFrom([]string{
				"sum(" + expr + ")", "sum by (namespace) (" + expr + ")", "(" + expr + ")", "-" + expr, expr + " or " + other,
				expr + " * on() group_left(namespace) " + other, "absent(" + expr + ")", "max_over_time((" + expr + ")[5m:1m])",
				`label_replace(` + expr + `, "dst", "$1", "namespace", "(.*)")`, `label_replace(` + expr + `, "namespace", "x", "", "")`,
				`count_values("v", ` + expr + `)`, "quantile(scalar(" + other + "), " + expr + ")", "info(" + expr + ")",
				"topk(3, " + expr + ")", expr + " unless ignoring(namespace) " + other,
			}).Draw(t, "wrap")
		}
		return expr
	})
}

// Whatever a rule says, Prometheus' own engine asks the storage for series of the tenant alone.
func TestF73_EnforcedRulesReadOnlyTheirNamespace(t *testing.T) {
	t.Parallel()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1000, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{EnableExperimentalFunctions: true}),
	})
	t.Cleanup(func() { _ = engine.Close() })
	rapid.Check(t, func(rt *rapid.T) {
		expr := expressions().Draw(rt, "expr")
		got := judge(enforcing(), object("a", group("g", record("x", expr))))
		if !got.Whole() {
			return // refused: nothing is read at all
		}
		rule := load(rt, "groups:\n"+got.Groups[0].Text).Groups[0].Rules[0]
		seen := &tracker{}
		query, err := engine.NewInstantQuery(t.Context(), seen, nil, rule.Expr, time.Unix(1000, 0))
		if err != nil {
			rt.Fatalf("%s: %v", rule.Expr, err)
		}
		query.Exec(t.Context())
		query.Close()
		for _, matchers := range seen.asked {
			if !asksOnlyFor(matchers, "namespace", "team-a") {
				rt.Fatalf("%s reads %v", rule.Expr, matchers)
			}
		}
	})
}

func asksOnlyFor(matchers []*labels.Matcher, label, value string) bool {
	for _, m := range matchers {
		if m.Name == label && m.Type == labels.MatchEqual && m.Value == value {
			return true
		}
	}
	return false
}
