package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	sigsyaml "sigs.k8s.io/yaml"
)

// kubectl reads YAML with sigs.k8s.io/yaml, so what is judged here has to be what that makes of the same text.
func TestValuesAreKubectls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := (&author{T: t}).document()
		want, refused := sigsyaml.YAMLToJSON([]byte(text))
		documents, problems := parse("x", strings.NewReader(text))
		if refused != nil {
			t.Fatalf("the document is meant to be valid: %v\n%s", refused, text)
		}
		if len(problems) > 0 || len(documents) != 1 {
			t.Fatalf("%v\n%s", problems, text)
		}
		object, err := asJSON(documents[0].node)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		got, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded(t, want), decoded(t, got)); diff != "" {
			t.Fatalf("-kubectl +promloop\n%s\n%s", diff, text)
		}
	})
}

func decoded(t *rapid.T, text []byte) (out map[string]any) {
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// author writes random documents of YAML, with whatever a person or a program may use.
type author struct {
	*rapid.T
	given   int      // how many anchors there are
	used    int      // how often they were
	anchors []string // of values
	merges  []string // anchors of mappings
}

// mostUses of anchors keep a document from being one that stands for millions of values, which kubectl refuses.
const mostUses = 8

func (a *author) document() string {
	var b strings.Builder
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 3, 8, rapid.ID).Draw(a.T, "top") {
		b.WriteString(key + ":" + a.value("", 3))
	}
	return b.String()
}

var names = []string{"a", "b-c", `"d e"`, "1", "1.5", "yes", "Off", "0x1f", "'010'", "app.kubernetes.io/name", "<<x", "1e3"}

// value is what follows the colon of a key, or the dash of an item, up to the end of its last line.
func (a *author) value(indent string, depth int) string {
	anchor := a.anchor()
	kinds := []string{"plain", "single", "double", "block", "tagged", "flow"}
	if depth > 0 {
		kinds = append(kinds, "mapping", "mapping", "mapping", "mapping", "mapping", "mapping", "sequence", "sequence")
	}
	if len(a.anchors) > 0 && a.used < mostUses {
		kinds = append(kinds, "alias")
	}
	text := ""
	switch rapid.SampledFrom(kinds).Draw(a.T, "kind") {
	case "plain":
		text = " " + rapid.SampledFrom(words).Draw(a.T, "word") + "\n"
	case "single":
		text = " '" + rapid.StringMatching(`[a-z0-9:#{}\[\] -]{0,8}`).Draw(a.T, "text") + "'\n"
	case "double":
		text = fmt.Sprintf(" %+q\n", rapid.StringMatching(`[a-z\\"\n\t é🔥]{0,8}`).Draw(a.T, "text"))
	case "block":
		text = a.block(indent)
	case "tagged":
		text = " " + rapid.SampledFrom([]string{"!!str 12", "!!float 3", `!!int "7"`, "!!str yes", "!!str", "!mine no", "!!bool 'on'", "!!binary aGk="}).Draw(a.T, "tagged") + "\n"
	case "flow":
		text = " " + rapid.SampledFrom([]string{"{}", "[]", "{a: 1, b: [yes, 'no', -]}", "[{a: }, ~, {b}]", "{? 1 : x, 2: {<<: {c: d}}}"}).Draw(a.T, "flow") + "\n"
	case "alias":
		a.used++
		return " *" + rapid.SampledFrom(a.anchors).Draw(a.T, "alias") + "\n"
	case "sequence":
		text = "\n"
		for range rapid.IntRange(1, 3).Draw(a.T, "items") {
			text += indent + "-" + a.value(indent+"  ", depth-1)
		}
	case "mapping":
		return a.mapping(indent+"  ", depth, anchor)
	}
	return a.closed(anchor, text)
}

func (a *author) mapping(indent string, depth int, anchor string) string {
	text := "\n"
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 2, 6, rapid.ID).Draw(a.T, "keys") {
		if len(a.merges) > 0 && a.used < mostUses && rapid.Bool().Draw(a.T, "merge") {
			a.used += 2
			two := rapid.SliceOfN(rapid.SampledFrom(a.merges), 2, 2).Draw(a.T, "merged")
			text += indent + rapid.SampledFrom([]string{"<<: *" + two[0], "<<: [*" + two[0] + ", *" + two[1] + "]"}).Draw(a.T, "merges") + "\n"
		}
		text += indent + key + ":" + a.value(indent, depth-1)
	}
	if anchor != "" {
		a.merges = append(a.merges, anchor)
	}
	return a.closed(anchor, text)
}

// anchor is a new one, or none.
func (a *author) anchor() string {
	if !rapid.Bool().Draw(a.T, "anchored") {
		return ""
	}
	a.given++
	return fmt.Sprintf("n%d", a.given)
}

// closed is the text of a value with its anchor, which can be referred to from now on.
func (a *author) closed(anchor, text string) string {
	if anchor == "" {
		return text
	}
	a.anchors = append(a.anchors, anchor)
	return " &" + anchor + text
}

// block is a text of several lines which may begin with blanks, as sigs.k8s.io/yaml itself writes expressions.
func (a *author) block(indent string) string {
	text := " " + rapid.SampledFrom([]string{"|2", ">2", "|2-", "|2+", ">2-", ">2+"}).Draw(a.T, "style") + "\n"
	for _, line := range rapid.SliceOfN(rapid.StringMatching(`[ \t]{0,4}[a-z#:-]{0,3} ?[a-z]{0,2}[ ]{0,1}`), 1, 4).Draw(a.T, "lines") {
		text += indent + "  " + line + "\n"
	}
	return text
}

// words mean something else than a text to some version of YAML, or look as if they did.
var words = []string{"", "~", "null", "yes", "No", "ON", "off", "y", "n", "true", "False", "12", "-7", "+3", "0644", "0o17", "0x1F", "0b101", "1_000",
	"1e3", ".5", "-.5", "1.", "1e1.5", "12:30:45", "2001-01-02", "2001-01-02T03:04:05Z", "9007199254740993", "18446744073709551615", "1e400x", "5m", "n/a",
	"--", "-x", "...", "---", "text with words", "http://x:80", "<<", "="}

// Aliases reach across the items of a list, and what they stand for is the value, not the name of the anchor.
func TestAliasesAcrossItems(t *testing.T) {
	t.Parallel()
	set, problems, err := Read([]string{"-"}, strings.NewReader(`
kind: List
items:
- &rule
  apiVersion: &version monitoring.coreos.com/v1
  kind: PrometheusRule
  metadata: {name: a}
  spec: {groups: []}
- <<: *rule
  metadata: {name: b}
- {apiVersion: *version, kind: PrometheusRule, metadata: {name: c}, spec: {}}
`))
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	if got := len(set.Rules); got != 3 {
		t.Errorf("%d rules were read of 3", got)
	}
}

func TestAliasesThatCannotBeWrittenOut(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	for name, c := range map[string]struct{ reason, text, want string }{
		"itself": {"what holds itself has no end", "a: &a {b: [*a]}", `x:1: the anchor "a" contains itself`},
		"bomb":   {"a short text may stand for more than memory holds", bomb, "x:6: with its aliases written out this has more than 1000000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			documents, problems := parse("x", strings.NewReader(c.text))
			if len(documents) > 0 || len(problems) != 1 || problems[0].String() != c.want {
				t.Errorf("%s: %v", c.reason, problems)
			}
		})
	}
}

// JSON has what YAML's reader doesn't take: surrogate pairs, and objects that simply follow each other.
func TestJSON(t *testing.T) {
	t.Parallel()
	set, problems, err := Read([]string{"-"}, strings.NewReader(`{"apiVersion": "v1", "kind": "ConfigMap",
	"metadata": {"name": "a"}, "data": {"x": "\ud83d\udd25"}} {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}
{"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"name": "pods"},
 "spec": {"selector": {},
  "unknown": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(set.ConfigMaps) != 2 || set.ConfigMaps[0].Data["x"] != "🔥" {
		t.Errorf("read %v", set.ConfigMaps)
	}
	if len(problems) != 1 || problems[0].Line != 5 {
		t.Errorf("the field of line 5 is told as %v", problems)
	}
}
