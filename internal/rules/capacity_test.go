package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

var mainPrometheus = types.NamespacedName{Namespace: "monitoring", Name: "main"}

// observe tells a Capacity of everything that stands in a cluster.
func observe(capacity *rules.Capacity, c *cluster) {
	for i := range c.shards {
		var data map[string]string
		if cm := c.configMaps[i]; cm != nil {
			data = cm.Data
		}
		capacity.Observe(mainPrometheus, world.RuleShardName("main", i), data)
	}
}

// What admission says of an object is what the plan makes of it right after.
func TestCapacityForeseesThePlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		capacity := rules.NewCapacity(h.limits, h.shards)
		judge := rules.NewJudge(rules.TargetOf(h.prometheus), h.limits)
		for range rapid.IntRange(1, 12).Draw(t, "length") {
			name := h.change()
			observe(capacity, h.cluster)
			pl := h.plan()
			if o := h.objects[name]; o != nil {
				judgement := judge.Object(o)
				if want := verdict(pl, o); judgement.Whole() {
					if got := capacity.Admit(mainPrometheus, o, judgement); got != want && got.Reason != want.Reason {
						t.Fatalf("admission says %+v and the plan %+v", got, want)
					}
				}
			}
			h.store(pl)
		}
	})
}

func TestCapacityMessage(t *testing.T) {
	t.Parallel()
	c := newCluster(2)
	c.limits.NamespaceBytes, c.limits.ReserveBytes = 0, 0
	c.apply(t, object("a", sized("g", 600_000)), object("b", sized("g", 500_000)))
	capacity := rules.NewCapacity(c.limits, c.shards)
	observe(capacity, c)
	o := object("c", sized("g", 700_000))
	got := capacity.Admit(mainPrometheus, o, judge(c.prometheus, o))
	if got.Reason != rules.NoRoom {
		t.Fatalf("want NoRoom, got %+v", got)
	}
	for _, want := range []string{"the rules take 7", "of 2, each with a limit of 983040 bytes", "emptiest (prometheus-main-rulefiles-1)",
		"fullest (prometheus-main-rulefiles-0)", "make the object smaller", "--rule-shards"} {
		if !strings.Contains(got.Message, want) {
			t.Errorf("the message must say %q: %s", want, got.Message)
		}
	}
	capacity.Observe(mainPrometheus, "prometheus-main-rulefiles-1", nil)
	if got := capacity.Admit(mainPrometheus, o, judge(c.prometheus, o)); !got.Accepted() {
		t.Errorf("a ConfigMap that is gone leaves its room: %+v", got)
	}
}

// BenchmarkAdmit admits one 20-rule object next to objects that stand.
func BenchmarkAdmit(b *testing.B) {
	for _, present := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("present=%d", present), func(b *testing.B) {
			c := newCluster(16)
			c.apply(b, many(present)...)
			capacity := rules.NewCapacity(c.limits, c.shards)
			observe(capacity, c)
			o := twenty("team-00/new", 1)
			judgement := judge(c.prometheus, o)
			for b.Loop() {
				if got := capacity.Admit(mainPrometheus, o, judgement); !got.Accepted() {
					b.Fatal(got)
				}
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	j := rules.NewJudge(rules.AnyTarget(), rules.DefaultLimits(1))
	labelled := func(r v1.Rule, value string) v1.Rule {
		r.Labels = map[string]string{"severity": value}
		return r
	}
	for name, tc := range map[string]struct {
		rules []v1.Rule
		want  string // "" for no warning
	}{
		"twins":           {[]v1.Rule{alert("A", "up == 0"), alert("A", "up == 1")}, "same name and labels as spec.groups[0].rules[0]"},
		"other labels":    {[]v1.Rule{labelled(alert("A", "up == 0"), "page"), labelled(alert("A", "up == 0"), "info")}, ""},
		"range":           {[]v1.Rule{record("x", "up[5m]")}, "range vector"},
		"text":            {[]v1.Rule{record("x", `"up"`)}, "string"},
		"rate of a gauge": {[]v1.Rule{record("x", "rate(up[5m])")}, "metric might not be a counter"},
		"rate of counter": {[]v1.Rule{record("x", "rate(ups_total[5m])")}, ""},
		"quantile":        {[]v1.Rule{record("x", "histogram_quantile(99, sum by (le) (rate(x_bucket[5m])))")}, "quantile value should be between 0 and 1"},
		"quantile of":     {[]v1.Rule{record("x", "quantile(1.5, up)")}, "quantile value should be between 0 and 1"},
		"quantile NaN":    {[]v1.Rule{record("x", "quantile_over_time(NaN, up[5m])")}, "quantile value should be between 0 and 1"},
		"ends of it":      {[]v1.Rule{record("x", "quantile(0, up) + quantile(1, up)")}, ""},
		"ratio":           {[]v1.Rule{record("x", "limit_ratio(2, up)")}, "ratio value should be between -1 and 1"},
		"quantile in it":  {[]v1.Rule{record("x", "quantile(0.9, up)")}, ""},
	} {
		got := fmt.Sprint(j.Warnings(object("a", group("g", tc.rules...))))
		if tc.want == "" && got != "[]" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: want %q, got %s", name, tc.want, got)
		}
	}
}
