package rules_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
)

// manifestOf computes the digests of the buckets from the files, by the contract alone.
func manifestOf(files map[string]string) map[string]string {
	buckets := map[int]map[string]string{}
	for name, content := range files {
		b := contract.BucketOf(name)
		if buckets[b] == nil {
			buckets[b] = map[string]string{}
		}
		buckets[b][name] = content
	}
	out := map[string]string{}
	for b, members := range buckets {
		out[strconv.Itoa(b)] = contract.BucketDigest(members)
	}
	return out
}

func judge(p *v1.Prometheus, o *v1.PrometheusRule) rules.Judgement {
	return rules.NewJudge(rules.TargetOf(p), rules.DefaultLimits(16)).Object(o)
}

func with[T any](value T, change func(*T)) T {
	change(&value)
	return value
}

func TestJudge(t *testing.T) {
	duration := func(s string) *v1.Duration { return ptr.To(v1.Duration(s)) }
	cases := map[string]struct {
		reason  string
		version string
		object  *v1.PrometheusRule
		want    string // reason of the first finding, "" for accepted
		says    []string
	}{
		"Good": {
			reason: "an ordinary object is accepted",
			object: object("a", group("g", record("job:up:sum", "sum by (job) (up)"), alert("Down", "up == 0"))),
		},
		"SyntaxWithPlace": {
			reason: "the message gives the place in the object and in the expression",
			object: object("a", group("g", record("x", "up")), group("h", alert("Down", "sum(up) by ("))),
			want:   rules.InvalidRule, says: []string{"spec.groups[1].rules[0].expr: 1:", `group "h"`, `alert "Down"`},
		},
		"DuplicateGroup": {
			reason: "A11: Prometheus refuses a file with two groups of one name",
			object: object("a", group("g", record("x", "up")), group("g", record("y", "up"))),
			want:   rules.DuplicateGroup, says: []string{"spec.groups[1].name", "spec.groups[0]"},
		},
		"NeitherRecordNorAlert": {
			reason: "Prometheus' own check of rules", object: object("a", group("g", v1.Rule{Expr: record("", "up").Expr})),
			want: rules.InvalidRule, says: []string{"one of 'record' or 'alert' must be set"},
		},
		"Template": {
			reason: "templates are parsed as Prometheus does",
			object: object("a", group("g", with(alert("Down", "up == 0"), func(r *v1.Rule) {
				r.Annotations = map[string]string{"summary": "{{ $labels.job "}
			}))),
			want: rules.InvalidRule, says: []string{"summary"},
		},
		"Duration": {
			reason: "a duration that the schema let through is still judged",
			object: object("a", with(group("g", record("x", "up")), func(g *v1.RuleGroup) { g.Interval = duration("5x") })),
			want:   rules.InvalidRule, says: []string{"spec.groups[0].interval"},
		},
		"FunctionNewer": {
			reason: "A10: an older Prometheus refuses a function that it does not know", version: "v2.46.0", object: object("a", group("g", record("x", "histogram_stddev(up)"))),
			want: rules.UnsupportedByVersion, says: []string{"histogram_stddev()", "2.47"},
		},
		"FunctionKnown": {
			reason: "A10: an upgrade re-admits it", version: "v2.47.0", object: object("a", group("g", record("x", "histogram_stddev(up)"))),
		},
		"TemplateFunctionNewer": {
			reason: "functions of templates too", version: "v3.5.0",
			object: object("a", group("g", with(alert("Down", "up == 0"), func(r *v1.Rule) {
				r.Annotations = map[string]string{"since": "{{ if true }}{{ now | toTime }}{{ end }}"}
			}))),
			want: rules.UnsupportedByVersion, says: []string{"now", "3.6"},
		},
		"FunctionOfOldPrometheus": {
			reason: "holt_winters was renamed in 3.0 and is right before", version: "v2.50.0",
			object: object("a", group("g", record("x", "holt_winters(up[1h], 0.5, 0.5)"))),
		},
		"ExperimentalFunctionOff": {
			reason: "Prometheus refuses experimental functions without its flag",
			object: object("a", group("g", record("x", "mad_over_time(up[1h])"))), want: rules.InvalidRule, says: []string{"experimental"},
		},
		"UTF8Name": {
			reason: "Prometheus 3 allows any name", object: object("a", group("g", record("job.up", `{"job.up"}`))),
		},
		"EmptyGroup": {reason: "a group without rules is legal", object: object("a", group("g"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prometheus()
			p.Spec.Version = tc.version
			got := judge(p, tc.object)
			first := rules.Finding{}
			if len(got.Findings) > 0 {
				first = got.Findings[0]
			}
			if diff := cmp.Diff(tc.want, first.Reason); diff != "" {
				t.Fatalf("%s (-want +got):\n%s%v", tc.reason, diff, got.Findings)
			}
			for _, part := range tc.says {
				if !strings.Contains(first.String(), part) {
					t.Errorf("%s: %q does not say %q", tc.reason, first.String(), part)
				}
			}
		})
	}
}

// Prometheus' own check tells in words what it is about; here it has a place, so that an editor finds it.
func TestPlaceOfWhatPrometheusRefuses(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]v1.Rule{
		"annotations[a]":   with(alert("A", "up"), func(r *v1.Rule) { r.Annotations = map[string]string{"a": "{{", "b": "x"} }),
		"labels[l]":        with(alert("A", "up"), func(r *v1.Rule) { r.Labels = map[string]string{"l": "{{"} }),
		"labels[__name__]": with(alert("A", "up"), func(r *v1.Rule) { r.Labels = map[string]string{"__name__": "x"} }),
		"for":              with(record("x", "up"), func(r *v1.Rule) { r.For = new(v1.Duration("5m")) }),
		"keep_firing_for":  with(record("x", "up"), func(r *v1.Rule) { r.KeepFiringFor = new(v1.NonEmptyDuration("5m")) }),
		"annotations":      with(record("x", "up"), func(r *v1.Rule) { r.Annotations = map[string]string{"a": "b"} }),
		"record":           record("sum(up{})", "up"),
		"expr":             record("x", ""),
	} {
		found := judge(prometheus(), object("a", group("g", r))).Findings
		if len(found) != 1 || found[0].Path != "spec.groups[0].rules[0]."+want {
			t.Errorf("want it told at %s: %v", want, found)
		}
	}
}

// A duration that can't be read hides nothing else of its group.
func TestJudgeTellsAll(t *testing.T) {
	t.Parallel()
	g := group("g", record("x", "up +"), record("y", "up"))
	g.Interval = ptr.To[v1.Duration]("5x")
	got := judge(prometheus(), object("a", g))
	var paths []string
	for _, f := range got.Findings {
		paths = append(paths, f.Path)
	}
	if diff := cmp.Diff([]string{"spec.groups[0].interval", "spec.groups[0].rules[0].expr"}, paths); diff != "" {
		t.Errorf("places of what is wrong (-want +got):\n%s", diff)
	}
	if got.Groups[0].Text != "" {
		t.Errorf("the group is rendered although it is wrong: %s", got.Groups[0].Text)
	}
}

func TestJudgeFindsEverythingAtOnce(t *testing.T) {
	got := judge(prometheus(), object("a", group("g", record("x", "up =="), record("y", "up")), group("h", alert("A", "("))))
	paths := []string{}
	for _, f := range got.Findings {
		paths = append(paths, f.Path)
	}
	if !slices.Equal(paths, []string{"spec.groups[0].rules[0].expr", "spec.groups[1].rules[0].expr"}) {
		t.Errorf("all errors of an object come in one answer: %v", paths)
	}
}

func TestF70_FileNames(t *testing.T) {
	long := strings.Repeat("n", 253)
	names := map[string]string{}
	for _, o := range [][2]string{{"a-b", "c"}, {"a", "b-c"}, {"a", "b.c"}, {strings.Repeat("a", 63), long}, {strings.Repeat("a", 63), long[1:]}} {
		file := rules.FileName(o[0], o[1])
		if other, taken := names[file]; taken {
			t.Errorf("%v and %s have the same file %s", o, other, file)
		}
		names[file] = fmt.Sprint(o)
		if len(file) > 253 || !strings.HasSuffix(file, ".yaml") {
			t.Errorf("%q can't be a key of a ConfigMap", file)
		}
	}
	namespace, name := strings.Repeat("a", 63), strings.Repeat("n", 184)
	if file := rules.FileName(namespace, name); file != namespace+"_"+name+".yaml" || len(file) != 253 {
		t.Errorf("a name of 253 bytes is the longest that stays as it is: %q", file)
	}
	if file := rules.FileName(namespace, name+"n"); !strings.HasPrefix(file, namespace+"__") || len(file) > 253 {
		t.Errorf("a longer one is replaced by its hash: %q", file)
	}
}
