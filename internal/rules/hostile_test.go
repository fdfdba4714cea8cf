package rules_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

// An object with thousands of groups is refused by counting, before anything is parsed.
func TestF64_TooManyGroups(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10_000, 30_000} {
		o := object("a")
		for i := range n {
			o.Spec.Groups = append(o.Spec.Groups, group(fmt.Sprint(i), record("x", "up")))
		}
		took := fastest(5, func() {
			got := judge(prometheus(), o)
			if len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooLarge {
				t.Fatalf("want one refusal of the whole object, got %v", got.Findings)
			}
			if message := got.Findings[0].Message; !strings.Contains(message, fmt.Sprint(n)) || !strings.Contains(message, "5000") {
				t.Errorf("the message has both counts: %s", message)
			}
		})
		if took > 5*time.Millisecond {
			t.Errorf("counting takes no time, took %s", took)
		}
	}
}

func TestF64_TooManyRulesInAGroup(t *testing.T) {
	t.Parallel()
	g := group("g")
	for range 10_001 {
		g.Rules = append(g.Rules, record("x", "up"))
	}
	got := judge(prometheus(), object("a", g))
	if len(got.Findings) != 1 || got.Findings[0].Path != "spec.groups[0].rules" || !strings.Contains(got.Findings[0].Message, "10001 rules, the limit is 10000") {
		t.Errorf("want the group named, with both counts: %v", got.Findings)
	}
}

// Each of these patterns is fine by itself; Prometheus would keep all of them compiled.
func TestF67_PatternsOfAnObjectTogether(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, pattern string
		rules           int
		taken           bool
	}{
		"Categories":   {"a category is up to a thousand ranges", `\\pL{40}`, 1000, false},
		"Folded":       {"each takes milliseconds to read", `(?i)[B-\\x{1E942}]{9}`, 1000, false},
		"UsualClasses": {"what people write has room", `5[0-9]{2}`, 9000, true},
	} {
		g := group("g")
		for range tc.rules {
			g.Rules = append(g.Rules, record("x", `up{a=~"`+tc.pattern+`"}`))
		}
		for _, p := range []*v1.Prometheus{prometheus(), enforcing()} {
			found := judge(p, object("a", g)).Findings
			if tc.taken && len(found) == 0 {
				continue
			}
			if tc.taken || len(found) == 0 || found[0].Reason != rules.TooComplex || !strings.Contains(found[0].Message, "patterns of the object together") {
				t.Errorf("%s: %s: %d findings, the first %v", name, tc.reason, len(found), slices.Concat(found, []rules.Finding{{}})[0])
			}
		}
	}
}

func TestF79_TooManyTextsInARule(t *testing.T) {
	t.Parallel()
	r := alert("A", "up")
	r.Annotations = map[string]string{}
	for i := range 501 {
		r.Annotations[fmt.Sprintf("a%d", i)] = "x"
	}
	found := judge(prometheus(), object("a", group("g", r))).Findings
	if len(found) != 1 || found[0].Reason != rules.TooLarge || !strings.Contains(found[0].Message, "501 labels and annotations, the limit is 500") {
		t.Errorf("each is a template to be parsed, so they are counted first: %v", found)
	}
}

// What Prometheus finds going through a map is told in one order, or a status would be written at each look.
func TestFindingsHaveAnOrder(t *testing.T) {
	t.Parallel()
	r := alert("A", "up")
	r.Annotations = map[string]string{}
	for i := range 20 {
		r.Annotations[fmt.Sprintf("a%d", i)] = "{{"
	}
	first := judge(prometheus(), object("a", group("g", r))).Findings
	for range 5 {
		if again := judge(prometheus(), object("a", group("g", r))).Findings; !slices.Equal(first, again) {
			t.Fatalf("first\n%v\nthen\n%v", first, again)
		}
	}
}

// Many objects of one group each come up against what their namespace may have.
func TestF64_TooManyGroupsInANamespace(t *testing.T) {
	t.Parallel()
	for what, limit := range map[string]func(*rules.Limits){
		"rule groups": func(l *rules.Limits) { l.NamespaceGroups = 3 },
		"rules":       func(l *rules.Limits) { l.NamespaceRules = 3 },
	} {
		c := newCluster(2)
		limit(&c.limits)
		var objects []*v1.PrometheusRule
		for i := range 4 {
			objects = append(objects, object(fmt.Sprintf("r%d", i), group("g", record("x", "up"))))
		}
		pl := c.apply(t, objects...)
		got := verdict(pl, objects[3])
		if got.Reason != rules.QuotaExceeded || !strings.Contains(got.Message, "has 3 "+what) || !strings.Contains(got.Message, "the limit is 3") || len(pl.Verdicts) != 1 {
			t.Errorf("%s: want the last one held back with the counts: %+v", what, pl.Verdicts)
		}
	}
}

// Expressions that Prometheus' parser would need seconds or gigabytes for are refused by one look at the text.
func TestF65_ExpressionBombs(t *testing.T) {
	t.Parallel()
	bombs := map[string]string{
		"parentheses":         strings.Repeat("(", 5_000) + "1" + strings.Repeat(")", 5_000),
		"more parentheses":    strings.Repeat("(", 20_000) + "1" + strings.Repeat(")", 20_000),
		"many parentheses":    strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"open parentheses":    strings.Repeat("(", 200),
		"functions":           strings.Repeat("ln(", 200_000) + "1",
		"nested subqueries":   strings.Repeat("max_over_time(", 200) + "x" + strings.Repeat("[1m:1s])", 200),
		"operators":           "x" + strings.Repeat("+x", 50_000),
		"short operators":     "x" + strings.Repeat("+x", 2_001),
		"word operators":      "x" + strings.Repeat(" or x", 2_001),
		"unary":               strings.Repeat("-", 2_001) + "1",
		"subqueries":          "x" + strings.Repeat("[1m:1s]", 129*2) + strings.Repeat("(", 129),
		"pattern":             `x{a=~"` + strings.Repeat(`\\pL`, 1_500) + `"}`,
		"shorter pattern":     `x{a=~"` + strings.Repeat(`\\pL`, 200) + `"}`,
		"escaped pattern":     `x{a=~"` + strings.Repeat(`\x5cpL`, 200) + `"}`,
		"counted pattern":     `x{a=~"\\pL{1000}"}`,
		"many patterns":       "x{" + strings.Repeat(`a=~"\\pL{9}",`, 100) + "}",
		"pattern to replace":  "label_replace(x, `a`, `b`, `c`, `" + strings.Repeat(`\pL`, 1_300) + "`)",
		"row of subqueries":   "x" + strings.Repeat("[1m:1s]", 2_001),
		"long list":           `x{a=~"` + strings.Repeat("component|", 6_600) + `"}`,
		"behind a comment":    "# \" not a string\n" + strings.Repeat("(", 200),
		"behind a raw string": "`\\` + " + strings.Repeat("(", 200),
	}
	for name, expr := range bombs {
		took := fastest(5, func() {
			got := judge(prometheus(), object("a", group("g", record("x", expr))))
			if len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooComplex {
				t.Errorf("%s: want TooComplex, got %.300s", name, fmt.Sprint(got.Findings))
			}
		})
		if took > 5*time.Millisecond {
			t.Errorf("%s: refused after %s", name, took)
		}
	}
	huge := strings.Repeat("ln(", 745_000) + "1"
	if got := judge(prometheus(), object("a", group("g", record("x", huge)))); len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooLarge {
		t.Errorf("3 MB in one expression: want TooLarge, got %.300s", fmt.Sprint(got.Findings))
	}
}

// A bomb that came past the webhook costs its own group, and nobody else anything.
func TestF65_BombsPastTheWebhook(t *testing.T) {
	t.Parallel()
	c := newCluster(1)
	bomb := strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000)
	bad, good := object("bad", group("bomb", record("x", bomb)), group("fine", record("y", "up"))), object("good", group("g", record("z", "up")))
	var pl rules.Plan
	took := fastest(5, func() { pl = rules.NewPlanner(c.limits).For(c.world(), []*v1.PrometheusRule{bad, good}) })
	if pl.Groups != 2 || verdict(pl, bad).Reason != rules.TooComplex || !verdict(pl, good).Accepted() {
		t.Errorf("want the bomb alone left out: %+v", pl.Verdicts)
	}
	if took > 20*time.Millisecond {
		t.Errorf("the plan took %s", took)
	}
}

// What real rules contain is far from the limits, and must not be counted as more than it is.
func TestOrdinaryExpressionsAreNotBombs(t *testing.T) {
	t.Parallel()
	for name, expr := range map[string]string{
		"parentheses in strings": `x{a="` + strings.Repeat("(", 2_000) + `"}`,
		"operators in strings":   `x{a="` + strings.Repeat("+", 2_000) + `"}`,
		"a list of selectors":    "x" + strings.Repeat(" or x", 2_000),
		"a list of names":        `x{a=~"` + strings.Repeat("component-name|", 4_000) + `"}`,
		"a list of patterns":     `x{a=~"` + strings.Repeat("component-[0-9]+|", 200) + `"}`,
		"64 KiB":                 "sum by (a) (x{" + strings.Repeat(`a!="component",`, 4_400) + "})",
		"two lists":              strings.Repeat(`x{a=~"`+strings.Repeat("component-name|", 2_000)+`"} + `, 2) + "x",
		"nesting":                strings.Repeat("(", 100) + "x" + strings.Repeat(")", 100),
		"comment":                "x # " + strings.Repeat("((((", 200) + "\n + 1",
	} {
		if got := judge(prometheus(), object("a", group("g", record("x", expr)))); !got.Whole() {
			t.Errorf("%s: %v", name, got.Findings)
		}
	}
}

// Text that would not come back from Prometheus as it was is refused, at the place where it stands.
func TestF66_BadText(t *testing.T) {
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

func TestF66_OddTextSurvives(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"\u2028 and \u2029", "\ufeffbyte order mark", " leading and trailing ", "\n leading line", "a\r\nb", "tab\tbed", "---\n...", "# not a comment",
		"{{ $labels.job }}: [x] & *y !z", "no", "0x10", "2001-01-01", "null", "~", "\U0001f525", "a: b", "'", "\"", "x\n\n\n  y\n", "\uffff",
		"\tbegins\n\twith a tab", "\t\n", "\t|\n<<\n\u00a0\u2028",
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

// A raw byte in a rule file fails the whole load, so what somebody else writes into a ConfigMap is not in the manifest's digest,
// and the next plan takes it out.
func TestF66_ForeignBytes(t *testing.T) {
	t.Parallel()
	c := newCluster(1)
	o := object("a", group("g", record("x", "up")))
	good := files(c.apply(t, o))
	spoiled := map[string]string{"team-a_a.yaml": good["team-a_a.yaml"] + "# \xff\n", "note.yaml": "\xff"}
	c.write(rules.Shard{Index: 0, Files: spoiled})
	pl := c.apply(t, o)
	if maps.Equal(manifestOf(spoiled), pl.Manifest.Buckets) || !maps.Equal(manifestOf(good), pl.Manifest.Buckets) {
		t.Error("the manifest describes the operator's own files")
	}
	if !maps.Equal(good, files(pl)) {
		t.Errorf("want the files as they were, got %q", files(pl))
	}
}

var soak = flag.Bool("soak", false, "plan for as many objects as the faults really have, instead of a fifth of them")

// A tenant with very many small objects comes up against its share, others do not feel it, and a plan stays quick.
func TestF76_ManySmallObjects(t *testing.T) {
	t.Parallel()
	many, allowed := 10_000, 8_000
	if *soak {
		many, allowed = 50_000, 20_000
	}
	c := newCluster(16)
	c.limits.NamespaceGroups = allowed
	objects := make([]*v1.PrometheusRule, 0, many+1)
	for i := range many {
		objects = append(objects, object(fmt.Sprintf("greedy/r%06d", i), group("g", record("x", "up"))))
	}
	modest := object("modest/r", group("g", record("x", "up")))
	objects = append(objects, modest)
	planner := rules.NewPlanner(c.limits)
	pl := planner.For(c.world(), objects)
	if len(pl.Verdicts) != many-allowed || pl.Groups != allowed+1 {
		t.Errorf("want %d objects held back and %d groups, got %d and %d", many-allowed, allowed+1, len(pl.Verdicts), pl.Groups)
	}
	if v := verdict(pl, modest); !v.Accepted() {
		t.Errorf("another namespace has room: %+v", v)
	}
	store(t, c, pl)
	took := fastest(3, func() { pl = planner.For(c.world(), objects) })
	if len(pl.Verdicts) != many-allowed {
		t.Errorf("what is placed stays placed: %d held back", len(pl.Verdicts))
	}
	if took > 2*time.Second {
		t.Errorf("a plan among %d objects took %s", many, took)
	}
}

// A tenant that fills every ConfigMap with large objects is stopped where its share ends, or where no ConfigMap has room. Nothing
// that is placed is taken away for another's sake, and what was held back comes in by itself once there is room.
func TestF76_FullConfigMaps(t *testing.T) {
	t.Parallel()
	for reason, size := range map[string]int{rules.NoRoom: 500_000, rules.QuotaExceeded: 450_000} {
		c := newCluster(16)
		var objects []*v1.PrometheusRule
		for i := range 40 {
			objects = append(objects, object(fmt.Sprintf("greedy/r%02d", i), bulky(size)))
		}
		planner := rules.NewPlanner(c.limits)
		apply := func(objects ...*v1.PrometheusRule) rules.Plan {
			pl := planner.For(c.world(), objects)
			store(t, c, pl)
			return pl
		}
		before := apply(objects...)
		modest := object("modest/r", group("g", record("x", "up")))
		pl := apply(append(slices.Clone(objects), modest)...)
		if v := verdict(pl, modest); !v.Accepted() {
			t.Errorf("a namespace with little has room: %+v", v)
		}
		held := len(pl.Verdicts)
		if held == 0 || held == len(objects) || verdict(pl, objects[39]).Reason != reason {
			t.Fatalf("want the last held back with %s, %d of %d are: %+v", reason, held, len(objects), verdict(pl, objects[39]))
		}
		after := files(pl)
		for name, content := range files(before) {
			if after[name] != content {
				t.Errorf("%s was placed and is not as it was", name)
			}
		}
		if again := apply(append(slices.Clone(objects[1:]), modest)...); len(again.Verdicts) != held-1 {
			t.Errorf("a deleted object makes room for one that was held back: %d before, %d now", held, len(again.Verdicts))
		}
	}
}

// bulky is a group of about the given size in few rules.
func bulky(bytes int) v1.RuleGroup {
	g := group("g")
	for n := range bytes / 25_000 {
		g.Rules = append(g.Rules, with(alert(fmt.Sprintf("A%d", n), "up == 0"), func(r *v1.Rule) {
			r.Annotations = map[string]string{"text": strings.Repeat("x", 25_000)}
		}))
	}
	return g
}

// Files are told apart however their names are put together, and outlive an object that is deleted and created again.
func TestF70_NamesThatCollide(t *testing.T) {
	t.Parallel()
	c := newCluster(2)
	long := strings.Repeat("n", 253)
	var objects []*v1.PrometheusRule
	for _, name := range []string{"a-b/c", "a/b-c", "a/b.c", strings.Repeat("a", 63) + "/" + long, strings.Repeat("a", 63) + "/" + long[1:]} {
		objects = append(objects, object(name, group("g", record("x", "up"))))
	}
	slices.SortFunc(objects, func(a, b *v1.PrometheusRule) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	first := files(c.apply(t, objects...))
	if len(first) != len(objects) {
		t.Errorf("want a file for each of %d objects, got %d", len(objects), len(first))
	}
	for name := range first {
		if errs := validation.IsConfigMapKey(name); len(errs) > 0 {
			t.Errorf("%q can't be a key of a ConfigMap: %v", name, errs)
		}
	}
	c.apply(t)
	for _, o := range objects {
		o.UID += "-again"
	}
	if again := files(c.apply(t, objects...)); !maps.Equal(first, again) {
		t.Errorf("an object that is created again has its old file, got %v", slices.Sorted(maps.Keys(again)))
	}
}
