package rules_test

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

// Each of these is read by Prometheus from some version on, and the one before it would refuse the whole file.
func TestNewerThanTheVersion(t *testing.T) {
	t.Parallel()
	duration := ptr.To(v1.Duration("1m"))
	expr := func(text string) *v1.PrometheusRule { return object("a", group("g", record("x", text))) }
	lasting := with(alert("Down", "up == 0"), func(r *v1.Rule) { r.KeepFiringFor = (*v1.NonEmptyDuration)(duration) })
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
		"keep_firing_for":       {object("a", group("g", lasting)), "v2.41.0", "v2.42.0", nil, "keep_firing_for needs Prometheus 2.42 or later, this one runs 2.41.0"},
		"limit":                 {object("a", with(group("g"), func(g *v1.RuleGroup) { g.Limit = ptr.To(5) })), "v2.30.0", "v2.31.0", nil, "limit"},
		"query_offset":          {object("a", with(group("g"), func(g *v1.RuleGroup) { g.QueryOffset = duration })), "v2.52.0", "v2.53.0", nil, "query_offset"},
		"labels of a group":     {object("a", with(group("g"), func(g *v1.RuleGroup) { g.Labels = map[string]string{"a": "b"} })), "v2.55.0", "v3.0.0", nil, "labels of a group"},
		"function":              {expr("histogram_avg(up)"), "v2.50.0", "v2.51.0", nil, "histogram_avg()"},
		"function made stable":  {expr("first_over_time(up[1h])"), "v3.13.0", "v3.14.0", nil, "first_over_time()"},
		"function with flag":    {expr("first_over_time(up[1h])"), "v3.6.0", "v3.7.0", []v1.EnableFeature{"promql-experimental-functions"}, "first_over_time()"},
		"aggregation":           {expr("limitk(1, up)"), "v2.53.0", "v2.54.0", []v1.EnableFeature{"promql-experimental-functions"}, "limitk"},
		"atan2":                 {expr("up atan2 up"), "v2.30.0", "v2.31.0", nil, "atan2"},
		"at":                    {expr("up @ 0"), "v2.32.0", "v2.33.0", nil, "the @ modifier"},
		"at of a subquery":      {expr("max_over_time(up[1h:1m] @ end())"), "v2.32.0", "v2.33.0", nil, "the @ modifier"},
		"negative offset":       {expr("up offset -5m"), "v2.32.0", "v2.33.0", nil, "a negative offset"},
		"offset of a subquery":  {expr("max_over_time(up[1h:1m] offset -5m)"), "v2.32.0", "v2.33.0", nil, "a negative offset"},
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
	p.Spec.Version = "v2.33.0"
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

// The legacy scheme can also be the choice of a Prometheus that could do otherwise; no upgrade helps then.
func TestLegacyNamesByChoice(t *testing.T) {
	t.Parallel()
	p := prometheus()
	p.Spec.NameValidationScheme = ptr.To(v1.LegacyNameValidationScheme)
	found := judge(p, object("a", group("g", record("job.up", `{"a.b"}`)))).Findings
	if len(found) != 2 || found[0].Reason != rules.InvalidRule || found[1].Reason != rules.InvalidRule {
		t.Errorf("want both names refused: %v", found)
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
