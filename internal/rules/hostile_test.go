package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

// F64: an object with thousands of groups is refused by counting, before anything is parsed.
func TestTooManyGroups(t *testing.T) {
	t.Parallel()
	o := object("a")
	for i := range 10_000 {
		o.Spec.Groups = append(o.Spec.Groups, group(fmt.Sprint(i), record("x", "up")))
	}
	start := time.Now()
	got := judge(prometheus(), o)
	if len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooLarge {
		t.Fatalf("want one refusal of the whole object, got %v", got.Findings)
	}
	if message := got.Findings[0].Message; !strings.Contains(message, "10000") || !strings.Contains(message, "1000") {
		t.Errorf("the message has both counts: %s", message)
	}
	if took := time.Since(start); took > 50*time.Millisecond {
		t.Errorf("counting takes no time, took %s", took)
	}
}

func TestTooManyRulesInAGroup(t *testing.T) {
	t.Parallel()
	g := group("g")
	for range 2001 {
		g.Rules = append(g.Rules, record("x", "up"))
	}
	got := judge(prometheus(), object("a", g))
	if len(got.Findings) != 1 || got.Findings[0].Path != "spec.groups[0].rules" {
		t.Errorf("want the group named: %v", got.Findings)
	}
}

// F65: expressions that Prometheus' parser would need seconds or gigabytes for are refused by one look at the text.
func TestExpressionBombs(t *testing.T) {
	t.Parallel()
	bombs := map[string]string{
		"parentheses":         strings.Repeat("(", 5_000) + "1" + strings.Repeat(")", 5_000),
		"more parentheses":    strings.Repeat("(", 20_000) + "1" + strings.Repeat(")", 20_000),
		"many parentheses":    strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"open parentheses":    strings.Repeat("(", 200),
		"functions":           strings.Repeat("ln(", 200_000) + "1",
		"operators":           "x" + strings.Repeat("+x", 50_000),
		"short operators":     "x" + strings.Repeat("+x", 1_001),
		"word operators":      "x" + strings.Repeat(" or x", 1_001),
		"unary":               strings.Repeat("-", 1_001) + "1",
		"subqueries":          "x" + strings.Repeat("[1m:1s]", 129*2) + strings.Repeat("(", 129),
		"pattern":             `x{a=~"` + strings.Repeat(`\\pL`, 1_500) + `"}`,
		"behind a comment":    "# \" not a string\n" + strings.Repeat("(", 200),
		"behind a raw string": "`\\` + " + strings.Repeat("(", 200),
	}
	for name, expr := range bombs {
		start := time.Now()
		got := judge(prometheus(), object("a", group("g", record("x", expr))))
		took := time.Since(start)
		if len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooComplex {
			t.Errorf("%s: want TooComplex, got %.300s", name, fmt.Sprint(got.Findings))
		}
		if took > 50*time.Millisecond {
			t.Errorf("%s: refused after %s", name, took)
		}
	}
}

// What real rules contain is far from the limits, and must not be counted as more than it is.
func TestOrdinaryExpressionsAreNotBombs(t *testing.T) {
	t.Parallel()
	for name, expr := range map[string]string{
		"parentheses in strings": `x{a="` + strings.Repeat("(", 2_000) + `"}`,
		"operators in strings":   `x{a="` + strings.Repeat("+", 2_000) + `"}`,
		"a list of selectors":    "x" + strings.Repeat(" or x", 500),
		"nesting":                strings.Repeat("(", 100) + "x" + strings.Repeat(")", 100),
		"comment":                "x # " + strings.Repeat("((((", 200) + "\n + 1",
	} {
		if got := judge(prometheus(), object("a", group("g", record("x", expr)))); !got.Whole() {
			t.Errorf("%s: %v", name, got.Findings)
		}
	}
}

// F66: text that would not come back from Prometheus as it was is refused, at the place where it stands.
func TestBadText(t *testing.T) {
	t.Parallel()
	annotated := func(text string) v1.Rule {
		return with(alert("A", "up == 0"), func(r *v1.Rule) { r.Annotations = map[string]string{"text": text} })
	}
	for name, tc := range map[string]struct {
		rule v1.Rule
		path string
	}{
		"raw byte":             {annotated("a\xffb"), "spec.groups[0].rules[0].annotations[text]"},
		"overlong form":        {annotated("\xc0\xaf"), "spec.groups[0].rules[0].annotations[text]"},
		"NUL":                  {annotated("a\x00b"), "spec.groups[0].rules[0].annotations[text]"},
		"escape character":     {annotated("a\x1b[31mb"), "spec.groups[0].rules[0].annotations[text]"},
		"C1 control":           {annotated("a\u0085b"), "spec.groups[0].rules[0].annotations[text]"},
		"NUL in expression":    {record("x", "up\x00"), "spec.groups[0].rules[0].expr"},
		"escaped byte":         {record("x", `up{a="\xff"}`), "spec.groups[0].rules[0].expr"},
		"escaped NUL":          {record("x", `up{a="\x00"}`), "spec.groups[0].rules[0].expr"},
		"escaped in a literal": {record("x", `label_replace(up, "a", "\xff", "b", "")`), "spec.groups[0].rules[0].expr"},
		"label": {with(alert("A", "up == 0"), func(r *v1.Rule) { r.Labels = map[string]string{"a": "\xff"} }),
			"spec.groups[0].rules[0].labels[a]"},
	} {
		got := judge(prometheus(), object("a", group("g", tc.rule)))
		if len(got.Findings) == 0 || got.Findings[0].Reason != rules.InvalidText || got.Findings[0].Path != tc.path {
			t.Errorf("%s: want InvalidText at %s, got %q", name, tc.path, got.Findings)
		}
	}
}

func TestOddTextSurvives(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"\u2028 and \u2029", "\ufeffbyte order mark", " leading and trailing ", "\n leading line", "a\r\nb", "tab\tbed", "---\n...", "# not a comment",
		"{{ $labels.job }}: [x] & *y !z", "no", "0x10", "2001-01-01", "null", "~", "\U0001f525", "a: b", "'", "\"", "x\n\n\n  y\n", "\uffff",
	} {
		o := object("a", group("g", with(alert("A", "up == 0"), func(r *v1.Rule) { r.Annotations = map[string]string{"text": text} })))
		got := judge(prometheus(), o)
		if !got.Whole() {
			t.Errorf("%q is legal: %v", text, got.Findings)
			continue
		}
		if back := load(t, "groups:\n"+got.Groups[0].Text).Groups[0].Rules[0].Annotations["text"]; back != text {
			t.Errorf("%q came back as %q", text, back)
		}
	}
}

// F76: a tenant with very many small objects comes up against its share, others do not feel it, and planning stays quick.
func TestManySmallObjects(t *testing.T) {
	t.Parallel()
	c := newCluster(16)
	c.limits.NamespaceGroups = 10_000
	var objects []*v1.PrometheusRule
	for i := range 12_000 {
		objects = append(objects, object(fmt.Sprintf("greedy/r%06d", i), group("g", record("x", "up"))))
	}
	modest := object("modest/r", group("g", record("x", "up")))
	planner := rules.NewPlanner(c.limits)
	pl := planner.For(c.world(), append(objects, modest))
	if len(pl.Verdicts) != 2_000 || pl.Groups != 10_001 {
		t.Errorf("want 2000 objects held back and 10001 groups, got %d and %d", len(pl.Verdicts), pl.Groups)
	}
	if v := verdict(pl, modest); !v.Accepted() {
		t.Errorf("another namespace has room: %+v", v)
	}
	for _, s := range pl.Shards {
		c.write(s)
	}
	start := time.Now()
	if again := planner.For(c.world(), append(objects, modest)); len(again.Verdicts) != 2_000 {
		t.Errorf("what is placed stays placed: %d held back", len(again.Verdicts))
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("a second plan took %s", took)
	}
}
