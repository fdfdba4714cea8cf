package rules_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// Each of these is read by Prometheus from some version on, and the one before it would refuse the whole file.
func TestNewerThanTheVersion(t *testing.T) {
	t.Parallel()
	expr := func(text string) *v1.PrometheusRule { return object("a", group("g", record("x", text))) }
	labelled := func(name string) v1.Rule {
		return with(alert("Down", "up == 0"), func(r *v1.Rule) { r.Labels = map[string]string{name: "x"} })
	}
	annotated := with(alert("Down", "up == 0"), func(r *v1.Rule) { r.Annotations = map[string]string{"run.book": "x"} })
	for name, tc := range map[string]struct {
		object       *v1.PrometheusRule
		before, from string // the last version without it and the first with it
		flags        []v1.EnableFeature
		says         string
	}{
		"function":              {expr("histogram_avg(up)"), "v2.50.0", "v2.51.0", nil, "histogram_avg()"},
		"function made stable":  {expr("first_over_time(up[1h])"), "v3.13.0", "v3.14.0", nil, "first_over_time()"},
		"function with flag":    {expr("first_over_time(up[1h])"), "v3.6.0", "v3.7.0", []v1.EnableFeature{"promql-experimental-functions"}, "first_over_time()"},
		"aggregation":           {expr("limitk(1, up)"), "v2.53.0", "v2.54.0", []v1.EnableFeature{"promql-experimental-functions"}, "limitk"},
		"record name":           {object("a", group("g", record("job.up", "up"))), "v2.55.0", "v3.0.0", nil, `spec.groups[0].rules[0].record: metric name "job.up" needs Prometheus 3.0`},
		"label name":            {object("a", group("g", labelled("a.b"))), "v2.55.0", "v3.0.0", nil, `spec.groups[0].rules[0].labels[a.b]: label name "a.b"`},
		"annotation name":       {object("a", group("g", annotated)), "v2.55.0", "v3.0.0", nil, `spec.groups[0].rules[0].annotations[run.book]: label name`},
		"metric name":           {expr(`{"job.up"}`), "v2.55.0", "v3.0.0", nil, `spec.groups[0].rules[0].expr: the name in quotes "job.up"`},
		"matcher":               {expr(`up{"a.b"="c"}`), "v2.55.0", "v3.0.0", nil, `the name in quotes "a.b"`},
		"quoted name":           {expr(`{"up"}`), "v2.55.0", "v3.0.0", nil, `the name in quotes "up"`},
		"quoted label":          {expr(`up{job="a", "instance"="b"}`), "v2.55.0", "v3.0.0", nil, `the name in quotes "instance"`},
		"quoted grouping":       {expr(`sum by (job, "instance") (up)`), "v2.55.0", "v3.0.0", nil, `the name in quotes "instance"`},
		"quoted after comment":  {expr("up{ # the job\n\"job\"=\"a\"}"), "v2.55.0", "v3.0.0", nil, `the name in quotes "job"`},
		"quoted matching":       {expr(`up * on ("job") group_left ("instance") up`), "v2.55.0", "v3.0.0", nil, `the name in quotes "job"`},
		"number as duration":    {expr("rate(up_total[300])"), "v2.53.0", "v2.54.0", nil, "the number 300 as a duration"},
		"number as step":        {expr("max_over_time(up[1h:60])"), "v2.53.0", "v2.54.0", nil, "the number 60 as a duration"},
		"number as offset":      {expr("up offset 300"), "v2.53.0", "v2.54.0", nil, "the number 300 as a duration"},
		"duration as number":    {expr("time() - up > 10m"), "v2.53.0", "v2.54.0", nil, "a duration as a number"},
		"number with gaps":      {expr("up > 1_000"), "v2.53.0", "v2.54.0", nil, "the number 1_000"},
		"duration arithmetic":   {expr("rate(up_total[5m + 1m])"), "v3.13.0", "v3.14.0", nil, "arithmetic with durations"},
		"arithmetic in steps":   {expr("max_over_time(up[1h:1m * 2])"), "v3.13.0", "v3.14.0", nil, "arithmetic with durations"},
		"arithmetic in offsets": {expr("up offset (5m + 1m)"), "v3.13.0", "v3.14.0", nil, "arithmetic with durations"},
		"arithmetic by flag":    {expr("rate(up_total[5m + 1m])"), "v3.3.0", "v3.4.0", []v1.EnableFeature{"promql-duration-expr"}, "arithmetic with durations"},
		"anchored":              {expr("rate(up_total[5m] anchored)"), "v3.15.0", "v3.16.0", nil, "anchored and smoothed"},
		"smoothed by flag":      {expr("rate(up_total[5m] smoothed)"), "v3.6.0", "v3.7.0", []v1.EnableFeature{"promql-extended-range-selectors"}, "anchored and smoothed"},
		"fill":                  {expr("up + fill(0) up"), "v3.9.0", "v3.10.0", []v1.EnableFeature{"promql-binop-fill-modifiers"}, "fill"},
		"template function":     {object("a", group("g", with(alert("Down", "up == 0"), func(r *v1.Rule) { r.Annotations = map[string]string{"a": "{{ now }}"} }))), "v3.5.0", "v3.6.0", nil, "the template function now"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prometheus()
			p.Spec.EnableFeatures, p.Spec.Version = tc.flags, tc.before
			found := judge(p, tc.object).Findings
			if len(found) != 1 || found[0].Reason != rules.UnsupportedByVersion || !strings.Contains(found[0].String(), tc.says) ||
				!strings.Contains(found[0].Message, "this one runs "+tc.before[1:]) {
				t.Errorf("with %s: want it told that %s is too new, and nothing else: %v", tc.before, tc.says, found)
			}
			p.Spec.Version = tc.from
			if found := judge(p, tc.object).Findings; len(found) > 0 {
				t.Errorf("with %s: %v", tc.from, found)
			}
		})
	}
}

// What upstream's operator leaves out for an older Prometheus is left out here: the group goes on without it, and the object says so.
func TestFieldsThatAnOlderPrometheusDoesWithout(t *testing.T) {
	t.Parallel()
	duration := ptr.To(v1.Duration("1m"))
	set := func(change func(*v1.RuleGroup)) v1.RuleGroup { return with(group("g", record("x", "up")), change) }
	for name, tc := range map[string]struct {
		group        v1.RuleGroup
		before, from string // the last version without it and the first with it
		says         string
	}{
		"query_offset": {set(func(g *v1.RuleGroup) { g.QueryOffset = duration }), "v2.52.0", "v2.53.0", "spec.groups[0].query_offset: "},
		"labels":       {set(func(g *v1.RuleGroup) { g.Labels = map[string]string{"a": "b"} }), "v2.55.0", "v3.0.0", "spec.groups[0].labels: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, o := prometheus(), object("a", tc.group)
			p.Spec.Version = tc.before
			got := judge(p, o)
			omitted := got.Omitted()
			if !got.Whole() || len(omitted) != 1 || omitted[0].Reason != rules.UnsupportedByVersion || !strings.HasPrefix(omitted[0].String(), tc.says) {
				t.Fatalf("with %s: want the group without the field, and that told: %v %v", tc.before, got.Findings, omitted)
			}
			if text := got.Groups[0].Text; strings.Contains(text, name+":") || !strings.Contains(text, "expr: up") {
				t.Errorf("with %s:\n%s", tc.before, text)
			}
			p.Spec.Version = tc.from
			if got := judge(p, o); !got.Whole() || len(got.Omitted()) > 0 || !strings.Contains(got.Groups[0].Text, name+":") {
				t.Errorf("with %s: %v %v", tc.from, got.Findings, got.Omitted())
			}
		})
	}
}

// The plan tells what is left out for as long as it is, and changes no object on the way.
func TestPlanTellsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	c := newCluster(1)
	c.prometheus.Spec.Version = "v2.52.0"
	o := object("a", with(group("g", record("x", "up")), func(g *v1.RuleGroup) { g.Labels = map[string]string{"a": "b"} }))
	o.UID, o.Generation = "1", 1
	planner := rules.NewPlanner(c.limits)
	for range 3 {
		pl := planner.For(c.world(), []*v1.PrometheusRule{o})
		store(t, c, pl)
		if note := pl.Notes[ruleID(o)]; pl.Groups != 1 || len(pl.Verdicts) > 0 || !strings.Contains(note, "spec.groups[0].labels") {
			t.Errorf("%d groups, %v, note %q", pl.Groups, pl.Verdicts, note)
		}
	}
	if len(o.Spec.Groups[0].Labels) != 1 {
		t.Error("the object is the user's")
	}
	o = o.DeepCopy()
	o.Generation, o.Spec.Groups[0].Labels = 2, nil
	if pl := planner.For(c.world(), []*v1.PrometheusRule{o}); len(pl.Notes) > 0 {
		t.Errorf("nothing is left out any more: %v", pl.Notes)
	}
	o.Generation, o.Spec.Groups[0].Labels = 3, map[string]string{"a": "b"}
	planner.For(c.world(), []*v1.PrometheusRule{o})
	if pl := planner.For(c.world(), nil); len(pl.Notes) > 0 {
		t.Errorf("the object is gone: %v", pl.Notes)
	}
}

// Names without quotes are behind a flag, which older versions don't know.
func TestUnquotedNames(t *testing.T) {
	t.Parallel()
	p := prometheus()
	for _, tc := range []struct {
		version string
		flags   []v1.EnableFeature
		whole   bool
	}{
		{"v3.16.0", nil, false}, {"v3.16.0", []v1.EnableFeature{"promql-unquoted-utf8-names"}, true},
		{"v3.15.0", []v1.EnableFeature{"promql-unquoted-utf8-names"}, false},
	} {
		p.Spec.Version, p.Spec.EnableFeatures = tc.version, tc.flags
		if got := judge(p, object("a", group("g", record("x", "job.up")))); got.Whole() != tc.whole {
			t.Errorf("%s with %v: %v", tc.version, tc.flags, got.Findings)
		}
	}
}

// What looks alike and every version reads.
func TestOldSyntaxIsNotNewer(t *testing.T) {
	t.Parallel()
	p := prometheus()
	p.Spec.Version = world.OldestPrometheusVersion
	for _, expr := range []string{
		`up{job="up", instance=~"a,b"}`, `label_replace(up, "a", "b", "c", "(d)")`, `sum by (job) (up{a="b"})`, `label_replace(up{a="b"}, "c", "$1", "d", "(.*)")`,
		`label_replace(sum by (job) (up), "c", "$1", "d", "(.*)")`, `up == 300`,
		`max_over_time(up[1h:])`, `up offset 5m`, `sum(label_join(up, "a", ",", "b"))`, "up # {\"x\"} 1_0\n", `{__name__="up"}`, `rate(a:b_total[5m])`,
	} {
		if found := judge(p, object("a", group("g", record("x", expr)))).Findings; len(found) > 0 {
			t.Errorf("%s: %v", expr, found)
		}
	}
}

// The legacy scheme can also be the choice of a Prometheus that could do otherwise; no upgrade helps then. It is about what is written:
// Prometheus reads any name in an expression, since a job may have another scheme.
func TestLegacyNamesByChoice(t *testing.T) {
	t.Parallel()
	p := prometheus()
	p.Spec.NameValidationScheme = ptr.To(v1.LegacyNameValidationScheme)
	g := group("g", record("job.up", `{"a.b"}`))
	found := judge(p, object("a", g)).Findings
	if len(found) != 1 || found[0].Reason != rules.InvalidRule || found[0].Path != "spec.groups[0].rules[0].record" {
		t.Errorf("want the record refused: %v", found)
	}
	g.Rules[0].Record = "job:up"
	got := judge(p, object("a", g))
	if !got.Whole() {
		t.Fatalf("want it taken: %v", got.Findings)
	}
	parsed, errs := rulefmt.Parse([]byte("groups:\n"+got.Groups[0].Text), false, model.LegacyValidation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 || len(parsed.Groups) != 1 {
		t.Errorf("a Prometheus with the legacy scheme refuses it: %v", errs)
	}
}

// A rule that one of two Prometheuses is too old for is left out there alone, and its neighbours go ahead there too.
func TestTooOldPrometheusLeavesOutTheGroupAlone(t *testing.T) {
	t.Parallel()
	o := object("a", group("old", record("known", "up")), group("new", record("job.up", "up")))
	for version, want := range map[string]struct {
		groups int
		reason string
	}{"v2.55.0": {1, rules.UnsupportedByVersion}, "v3.16.0": {2, ""}} {
		c := newCluster(2)
		c.prometheus.Spec.Version = version
		pl := c.apply(t, o)
		file := files(pl)["team-a_a.yaml"]
		if pl.Groups != want.groups || verdict(pl, o).Reason != want.reason || !strings.Contains(file, "known") {
			t.Errorf("%s: %d groups, %+v\n%s", version, pl.Groups, verdict(pl, o), file)
		}
	}
}
