package rules_test

import (
	"strings"
	"testing"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

// Each limit lets through what is as large as it, and nothing that is larger by one.
func TestLimitsOfAnObjectAreExact(t *testing.T) {
	t.Parallel()
	x := record("x", "up")
	expr := func(text string) *v1.PrometheusRule { return object("a", group("g", record("x", text))) }
	annotated := func(text string) *v1.PrometheusRule {
		return object("a", group("g", with(alert("A", "up"), func(r *v1.Rule) { r.Annotations = map[string]string{"k": text} })))
	}
	for name, tc := range map[string]struct {
		set            func(*rules.Limits)
		fits, tooLarge *v1.PrometheusRule
	}{
		"groups":         {func(l *rules.Limits) { l.GroupsPerObject = 1 }, object("a", group("g", x)), object("a", group("g", x), group("h", x))},
		"rules":          {func(l *rules.Limits) { l.RulesPerGroup = 1 }, object("a", group("g", x)), object("a", group("g", x, record("y", "up")))},
		"length":         {func(l *rules.Limits) { l.ExprBytes = 5 }, expr("a + b"), expr("a + bb")},
		"nesting":        {func(l *rules.Limits) { l.ExprDepth = 2 }, expr("((a)) + ((b))"), expr("((a)) + (((b)))")},
		"signs":          {func(l *rules.Limits) { l.ExprOperators = 2 }, expr("a + b - c"), expr("a + b - c * d")},
		"words":          {func(l *rules.Limits) { l.ExprOperators = 2 }, expr("a and b or c"), expr("a and b or c unless d")},
		"strings":        {func(l *rules.Limits) { l.ExprStringBytes = 5 }, expr(`a{b="ccccc"}`), expr(`a{b="cccccc"}`)},
		"raw strings":    {func(l *rules.Limits) { l.ExprStringBytes = 2 }, expr("a{b=`c\\`}"), expr("a{b=`cc\\`}")},
		"ranges":         {func(l *rules.Limits) { l.ExprOperators = 2 }, expr("rate(a[1m]) + b"), expr("rate(a[1m]) + rate(b[1m])")},
		"patterns":       {func(l *rules.Limits) { l.ExprStringBytes = 48 }, expr(`a{b=~"[c]"}`), expr(`a{b=~"[cd]"}`)},
		"all patterns":   {func(l *rules.Limits) { l.ExprBytes = 700 }, expr(`a{b=~"c{99}"} + a{b=~"c{99}"}`), expr(`a{b=~"c{99}"} + a{b=~"c{199}"}`)},
		"templates":      {func(l *rules.Limits) { l.TemplateBytes = 3 }, annotated("abc"), annotated("abcd")},
		"the whole file": {func(l *rules.Limits) { l.ShardBytes = sizeOf(t, annotated("abc")) }, annotated("abc"), annotated("abcd")},
	} {
		limits := rules.DefaultLimits(1)
		tc.set(&limits)
		j := rules.NewJudge(rules.TargetOf(prometheus()), limits)
		if got := j.Object(tc.fits); !got.Whole() {
			t.Errorf("%s: what is as large as the limit fits: %v", name, got.Findings)
		}
		if got := j.Object(tc.tooLarge); got.Whole() {
			t.Errorf("%s: what is larger does not fit", name)
		}
	}
}

// What can't fit is refused by its lengths alone, before anything of it is parsed.
func TestTooLargeIsSeenBeforeParsing(t *testing.T) {
	t.Parallel()
	o := sized("g", 1_100_000)
	o.Rules = append(o.Rules, record("x", "up =="))
	got := judge(prometheus(), object("a", o))
	if len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooLarge || !strings.Contains(got.Findings[0].Message, "at least") {
		t.Errorf("want it refused for its size and nothing else: %v", got.Findings)
	}
}

// The same of what several objects have together, of what an object grows by, and of what admission says of it.
func TestLimitsOfAllObjectsAreExact(t *testing.T) {
	t.Parallel()
	text := func(name, text string) *v1.PrometheusRule {
		return object(name, group("g", with(alert("A", "up"), func(r *v1.Rule) { r.Annotations = map[string]string{"k": text} })))
	}
	first, second := text("greedy/a", "abc"), text("greedy/b", "abc")
	both := sizeOf(t, first) + sizeOf(t, second)
	for name, tc := range map[string]struct {
		reason string
		set    func(l *rules.Limits, spare int)
	}{
		"room":   {rules.NoRoom, func(l *rules.Limits, spare int) { l.ShardBytes = both + spare }},
		"bytes":  {rules.QuotaExceeded, func(l *rules.Limits, spare int) { l.NamespaceBytes = both + spare }},
		"groups": {rules.QuotaExceeded, func(l *rules.Limits, spare int) { l.NamespaceGroups = 2 + spare }},
		"rules":  {rules.QuotaExceeded, func(l *rules.Limits, spare int) { l.NamespaceRules = 2 + spare }},
		"reserve": {rules.QuotaExceeded, func(l *rules.Limits, spare int) {
			l.ReserveShare, l.ReserveBytes = 0, l.ShardBytes-both-spare
		}},
		"share of the reserve": {rules.QuotaExceeded, func(l *rules.Limits, spare int) {
			l.ReserveShare, l.ReserveBytes = both+spare, l.ShardBytes
		}},
	} {
		for spare, want := range map[int]string{0: "", -1: tc.reason} {
			c := newCluster(1)
			c.limits.NamespaceBytes, c.limits.NamespaceGroups, c.limits.NamespaceRules, c.limits.ReserveBytes = 0, 0, 0, 0
			tc.set(&c.limits, spare)
			c.apply(t, first)
			capacity := rules.NewCapacity(c.limits, c.shards)
			observe(capacity, c)
			if got := capacity.Admit(mainPrometheus, second, judge(c.prometheus, second)); got.Reason != want {
				t.Errorf("%s, %d to spare: admission says %+v", name, spare, got)
			}
			if got := verdict(c.apply(t, first, second), second); got.Reason != want {
				t.Errorf("%s, %d to spare: %+v", name, spare, got)
			}
		}
	}
}

// An object that stands may grow up to the last byte of its ConfigMap, and shrink whatever its namespace has.
func TestGrowthIsCountedOnce(t *testing.T) {
	t.Parallel()
	short, long := object("a", group("g", record("x", "up"))), object("a", group("g", record("x", "up + up")))
	long.Generation, short.Generation = 2, 3
	for spare, want := range map[int]string{0: "", -1: rules.TooLarge} {
		c := newCluster(2)
		c.limits.ShardBytes = sizeOf(t, long) + spare
		c.limits.NamespaceBytes, c.limits.ReserveBytes = c.limits.ShardBytes, 0
		c.apply(t, short)
		capacity := rules.NewCapacity(c.limits, c.shards)
		observe(capacity, c)
		judgement := rules.NewJudge(rules.TargetOf(c.prometheus), c.limits).Object(long)
		if got := capacity.Admit(mainPrometheus, long, judgement); want == "" && !got.Accepted() {
			t.Errorf("%d to spare: admission says %+v", spare, got)
		}
		if got := verdict(c.apply(t, long), long); got.Reason != want {
			t.Errorf("%d to spare: %+v", spare, got)
		}
		if len(c.configMaps) != 1 {
			t.Errorf("%d to spare: the file must stay where it is", spare)
		}
		c.limits.NamespaceBytes = 1
		if got := verdict(c.apply(t, short), short); !got.Accepted() {
			t.Errorf("%d to spare: what shrinks is never refused: %+v", spare, got)
		}
	}
}

// sizeOf is what the file of an object takes of a ConfigMap.
func sizeOf(t *testing.T, o *v1.PrometheusRule) int {
	t.Helper()
	return newCluster(1).apply(t, o).Fill[0]
}
