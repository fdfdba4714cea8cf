package rules_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
)

// FuzzJudge feeds text into every place of a rule. What the judge accepts, Prometheus must load, and the text must come back.
func FuzzJudge(f *testing.F) {
	f.Add("g", "x", "up", "value", `{{ $labels.job }}`, false)
	f.Add("g", "x", `sum by (job) (rate(up{a=~"b.*"}[5m]))`, "", `{{ query "up" | first | value }}`, true)
	f.Add("", "{}", "up{a=\"\\xff\"}", "\xff", "{{", false)
	f.Add("g", "a.b", `{"a.b"}`, "\u2028", "{{ define \"x\" }}{{ end }}", true)
	f.Add("g", "x", "\tup\n\t> 0", "\tfirst\n\tsecond", "{{ range (now | toTime).Unix }}{{ end }}", true)
	f.Add("g", "x", "rate(a[5m+1m])", "a", `{{ template "__alert_x" . }}`, false)
	f.Add("---", "x", "1 # \"", "\n x", "'\n\n", false)
	plain := rules.NewJudge(rules.TargetOf(&v1.Prometheus{}), rules.DefaultLimits(1)) // of the newest version, with no flags, as load is
	confined := rules.NewJudge(rules.TargetOf(enforcing()), rules.DefaultLimits(1))
	f.Fuzz(func(t *testing.T, name, ruleName, expr, label, text string, enforce bool) {
		a := with(alert(ruleName, expr), func(r *v1.Rule) {
			r.Labels, r.Annotations = map[string]string{"label": label}, map[string]string{"text": text}
		})
		o := object("a", group(name, a, record(ruleName, expr)))
		j := plain
		if enforce {
			j = confined
		}
		got := j.Object(o)
		if !got.Whole() {
			for _, finding := range got.Findings {
				if finding.Reason == "" || finding.Message == "" || !strings.HasPrefix(finding.Path, "spec.") {
					t.Fatalf("a refusal says where and why: %+v", finding)
				}
			}
			return
		}
		loaded := load(t, "groups:\n"+got.Groups[0].Text).Groups[0]
		back := loaded.Rules[0]
		if !enforce && (loaded.Name != name || back.Expr != expr || back.Labels["label"] != label || back.Annotations["text"] != text) {
			t.Fatalf("the text did not come back: %+v", back)
		}
		if enforce && (back.Labels["namespace"] != "team-a" || loaded.Rules[1].Labels["namespace"] != "team-a") {
			t.Fatalf("the namespace label is missing: %+v", loaded)
		}
	})
}

// FuzzFileName draws two objects: their files are valid keys, and the same only for the same object.
func FuzzFileName(f *testing.F) {
	f.Add("a-b", "c", "a", "b-c")
	f.Add("a", "b.c", "a", "b-c")
	f.Add(strings.Repeat("a", 63), strings.Repeat("b", 253), strings.Repeat("a", 63), strings.Repeat("b", 252))
	f.Fuzz(func(t *testing.T, namespaceA, nameA, namespaceB, nameB string) {
		for _, name := range []string{nameA, nameB} {
			if len(validation.IsDNS1123Subdomain(name)) > 0 {
				return
			}
		}
		for _, namespace := range []string{namespaceA, namespaceB} {
			if len(validation.IsDNS1123Label(namespace)) > 0 {
				return
			}
		}
		a, b := rules.FileName(namespaceA, nameA), rules.FileName(namespaceB, nameB)
		if (a == b) != (namespaceA == namespaceB && nameA == nameB) {
			t.Fatalf("%s/%s has file %s and %s/%s has %s", namespaceA, nameA, a, namespaceB, nameB, b)
		}
		if errs := validation.IsConfigMapKey(a); len(errs) > 0 {
			t.Fatalf("%s can't be a key: %v", a, errs)
		}
	})
}

// FuzzManifest reads any text as the manifest that stands: the plan succeeds it and can be read back.
func FuzzManifest(f *testing.F) {
	f.Add(`{"version":1,"domain":"rules","generation":7}`)
	f.Add(`{"version":2}`)
	f.Add(`{"version":1,"generation":9223372036854775806,"buckets":{"x":"y"}}`)
	f.Add("null")
	f.Fuzz(func(t *testing.T, stored string) {
		c := newCluster(1)
		c.manifest = manifestObject([]byte(stored))
		pl := c.apply(t, object("a", group("g", record("x", "up"))))
		back, err := contract.DecodeManifest([]byte(c.manifest.Data[contract.ManifestKey]))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(pl.Manifest, back); diff != "" {
			t.Fatalf("the manifest reads back as another one (-written +read):\n%s", diff)
		}
		last, err := contract.DecodeManifest([]byte(stored))
		if err == nil && last.Generation < math.MaxInt64 && back.Generation < last.Generation {
			t.Fatalf("generation %d comes after %d", back.Generation, last.Generation)
		}
	})
}
