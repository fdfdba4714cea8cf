package selection_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

func meta(namespace string, lbls map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: "web", Labels: lbls}
}

func matching(lbls map[string]string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: lbls}
}

func TestSelectorJudge(t *testing.T) {
	web := map[string]string{"team": "web"}
	cases := map[string]struct {
		reason     string
		objects    *metav1.LabelSelector
		namespaces *metav1.LabelSelector
		object     metav1.ObjectMeta
		namespace  labels.Set
		want       string
		says       []string
	}{
		"NilSelectsNothing": {
			reason: "upstream: a nil selector selects no object",
			object: meta("monitoring", web), want: selection.NoSelector, says: []string{"spec.ruleSelector", "{}"},
		},
		"EmptySelectsAll": {
			reason:  "upstream: an empty selector selects every object",
			objects: matching(nil), object: meta("monitoring", nil),
		},
		"NilNamespaceIsOwn": {
			reason:  "upstream: a nil namespace selector means the namespace of the Prometheus",
			objects: matching(nil), object: meta("other", nil),
			want: selection.OtherNamespace, says: []string{"spec.ruleNamespaceSelector", "monitoring"},
		},
		"EmptyNamespaceIsAll": {
			reason:  "upstream: an empty namespace selector means every namespace",
			objects: matching(nil), namespaces: matching(nil), object: meta("other", nil),
		},
		"NamespaceLabelDiffers": {
			reason:  "the message must name the label that differs",
			objects: matching(nil), namespaces: matching(map[string]string{"monitoring": "on"}),
			object: meta("other", nil), namespace: labels.Set{"monitoring": "off"},
			want: selection.OtherNamespace, says: []string{"namespace other", "has label monitoring=off", "monitoring=on"},
		},
		"LabelMissing": {
			reason:  "the message must name the label that is missing",
			objects: matching(web), object: meta("monitoring", map[string]string{"app": "x"}),
			want: selection.OtherLabels, says: []string{"lacks label team", "team=web"},
		},
		"NamespaceComesFirst": {
			reason:  "only one reason is given, and the namespace is looked at first",
			objects: matching(web), object: meta("other", nil), want: selection.OtherNamespace,
		},
		"Expression": {
			reason: "match expressions count as labels do",
			objects: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "team", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"web", "db"}},
			}},
			object: meta("monitoring", web), want: selection.OtherLabels, says: []string{"has label team=web", "notin"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
			p.Spec.RuleSelector, p.Spec.RuleNamespaceSelector = tc.objects, tc.namespaces
			s, err := selection.SelectorOf(p, world.PrometheusRule)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Judge(&tc.object, tc.namespace)
			if diff := cmp.Diff(tc.want, got.Reason); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%s", tc.reason, diff, got.Message)
			}
			for _, part := range tc.says {
				if !strings.Contains(got.Message, part) {
					t.Errorf("%s: message %q does not say %q", tc.reason, got.Message, part)
				}
			}
		})
	}
}

// everyKind is a world with an object of every kind for each of the kinds' short names, all in namespaces of that name, which is
// their label kind too.
func everyKind(p *v1.Prometheus) *world.World {
	w := &world.World{Prometheus: p, Namespaces: map[string]labels.Set{}}
	for _, kind := range []string{"s", "p", "b", "c", "r"} {
		w.Namespaces[kind] = labels.Set{"kind": kind}
		m := metav1.ObjectMeta{Namespace: kind, Name: kind, Labels: map[string]string{"kind": kind}}
		w.ServiceMonitors = append(w.ServiceMonitors, &v1.ServiceMonitor{ObjectMeta: m})
		w.PodMonitors = append(w.PodMonitors, &v1.PodMonitor{ObjectMeta: m})
		w.Probes = append(w.Probes, &v1.Probe{ObjectMeta: m})
		w.ScrapeConfigs = append(w.ScrapeConfigs, &v1alpha1.ScrapeConfig{ObjectMeta: m})
		w.Rules = append(w.Rules, &v1.PrometheusRule{ObjectMeta: m})
	}
	return w
}

// selectors returns where a Prometheus has its selectors, by the kinds' short names.
func selectors(s *v1.PrometheusSpec) (objects, namespaces map[string]**metav1.LabelSelector) {
	objects = map[string]**metav1.LabelSelector{
		"s": &s.ServiceMonitorSelector, "p": &s.PodMonitorSelector, "b": &s.ProbeSelector, "c": &s.ScrapeConfigSelector, "r": &s.RuleSelector,
	}
	namespaces = map[string]**metav1.LabelSelector{
		"s": &s.ServiceMonitorNamespaceSelector, "p": &s.PodMonitorNamespaceSelector, "b": &s.ProbeNamespaceSelector,
		"c": &s.ScrapeConfigNamespaceSelector, "r": &s.RuleNamespaceSelector,
	}
	return objects, namespaces
}

// selected lists what is selected, each with its kind's short name.
func selected(r selection.Result) string {
	var out []string
	for _, o := range r.ServiceMonitors {
		out = append(out, "s/"+o.Name)
	}
	for _, o := range r.PodMonitors {
		out = append(out, "p/"+o.Name)
	}
	for _, o := range r.Probes {
		out = append(out, "b/"+o.Name)
	}
	for _, o := range r.ScrapeConfigs {
		out = append(out, "c/"+o.Name)
	}
	for _, o := range r.Rules {
		out = append(out, "r/"+o.Name)
	}
	return strings.Join(out, " ")
}

// Each kind goes by its own two selectors, and by the labels of the object and of the object's namespace.
func TestForKeepsKindsApart(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"labels", "namespaces"} {
		p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "r", Name: "main"}}
		objects, namespaces := selectors(&p.Spec)
		for kind := range objects {
			*objects[kind], *namespaces[kind] = matching(nil), matching(nil)
			if by == "labels" {
				*objects[kind] = matching(map[string]string{"kind": kind})
			} else {
				*namespaces[kind] = matching(map[string]string{"kind": kind})
			}
		}
		w := everyKind(p)
		r := selection.For(w)
		if got := selected(r); got != "s/s p/p b/b c/c r/r" {
			t.Errorf("by %s: each kind goes by its own selector, got %q", by, got)
		}
		if left := selection.Left(w); len(left) != 20 {
			t.Errorf("by %s: every object that is not selected is told why: got %d of 20", by, len(left))
		}
	}
}

// Of a kind that can't be seen nothing is known, unless the Prometheus does not ask for it.
func TestForTellsWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "r", Name: "main"}}
	p.Spec.ProbeSelector, p.Spec.ProbeNamespaceSelector = matching(nil), matching(nil)
	w := everyKind(p)
	w.Unseen = map[world.Kind]string{world.Probe: "its CRD is not installed", world.PodMonitor: "it may not be listed"}
	r := selection.For(w)
	want := map[world.Kind]world.Verdict{world.Probe: {Reason: selection.Unseen, Message: "its CRD is not installed"}}
	if diff := cmp.Diff(want, r.Invalid); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := selected(r); got != "" {
		t.Errorf("nothing of the kind is selected, got %q", got)
	}
}

func TestForTellsAnUnreadableSelector(t *testing.T) {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
	p.Spec.RuleSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Like"}}}
	w := &world.World{Prometheus: p, Rules: []*v1.PrometheusRule{{ObjectMeta: meta("monitoring", nil)}}}
	r := selection.For(w)
	v := r.Invalid[world.PrometheusRule]
	if v.Reason != selection.InvalidSelector || !strings.Contains(v.Message, "spec.ruleSelector") {
		t.Errorf("the verdict must name the field: %+v", v)
	}
	if left := selection.Left(w); len(left) != 0 {
		t.Errorf("nothing is known of the objects, so none may be called not selected: %v", left)
	}
}

// Every object is either selected or told why not, and an accepted one matches by Kubernetes' own reading of the selectors.
func TestForIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b"}), rapid.SampledFrom([]string{"1", "2"}), 0, 2)
		selector := rapid.Custom(func(t *rapid.T) *metav1.LabelSelector {
			if rapid.Bool().Draw(t, "nil") {
				return nil
			}
			return matching(label.Draw(t, "match"))
		})
		p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "n1", Name: "main"}}
		p.Spec.RuleSelector = selector.Draw(t, "objects")
		p.Spec.RuleNamespaceSelector = selector.Draw(t, "namespaces")
		w := &world.World{Prometheus: p, Namespaces: map[string]labels.Set{
			"n1": label.Draw(t, "n1"), "n2": label.Draw(t, "n2"),
		}}
		for i := range rapid.IntRange(0, 5).Draw(t, "objects") {
			m := meta(rapid.SampledFrom([]string{"n1", "n2"}).Draw(t, "ns"), label.Draw(t, "labels"))
			m.Name = string(rune('a' + i))
			w.Rules = append(w.Rules, &v1.PrometheusRule{ObjectMeta: m})
		}
		r, left := selection.For(w), selection.Left(w)
		if len(r.Rules)+len(left) != len(w.Rules) {
			t.Fatalf("%d selected and %d left of %d", len(r.Rules), len(left), len(w.Rules))
		}
		for _, rule := range r.Rules {
			o := world.Object{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: rule.Namespace, Name: rule.Name}}
			if _, twice := left[o]; twice {
				t.Fatalf("%v is both selected and left", o)
			}
			if p.Spec.RuleNamespaceSelector == nil && rule.Namespace != p.Namespace {
				t.Fatalf("%v is selected from another namespace without a namespace selector", o)
			}
		}
	})
}

// A Prometheus leaves out nearly all of a large cluster, at each look.
func BenchmarkLeavingOut(b *testing.B) {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
	p.Spec.ServiceMonitorSelector, p.Spec.ServiceMonitorNamespaceSelector = matching(map[string]string{"team": "a"}), matching(nil)
	w := &world.World{Prometheus: p}
	for i := range 10_000 {
		m := meta("shop", map[string]string{"team": "b", "app": "web"})
		m.Name = strconv.Itoa(i)
		w.ServiceMonitors = append(w.ServiceMonitors, &v1.ServiceMonitor{ObjectMeta: m})
	}
	b.ReportAllocs()
	for b.Loop() {
		selection.For(w)
	}
}
