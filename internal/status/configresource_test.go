package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

func standings(s ...Standing) map[types.NamespacedName]Standing {
	out := map[types.NamespacedName]Standing{}
	for i := range s {
		out[types.NamespacedName{Namespace: "ns", Name: string(rune('a' + i))}] = s[i]
	}
	return out
}

var (
	taken = Standing{Generation: 2, Loaded: metav1.ConditionTrue}
	onWay = Standing{Generation: 2, Loaded: metav1.ConditionFalse}
	quiet = Standing{Generation: 2, Loaded: metav1.ConditionUnknown}
	older = Standing{Generation: 1, Loaded: metav1.ConditionTrue}
	bad   = Standing{Generation: 2, Loaded: metav1.ConditionFalse, Verdict: world.Verdict{Reason: "InvalidExpr", Message: "spec: no"}}
)

func TestConfigResourceConditions(t *testing.T) {
	cases := map[string]struct {
		reason string
		by     map[types.NamespacedName]Standing
		want   []string // Accepted, Loaded, Ready
	}{
		"Live":        {"every Prometheus runs this generation", standings(taken, taken), []string{"True/Accepted", "True/LoadedEverywhere", "True/Ready"}},
		"OneLags":     {"live in one of two is not live", standings(taken, onWay), []string{"True/Accepted", "False/Delivering", "False/Delivering"}},
		"OneQuiet":    {"silence is not success", standings(taken, quiet), []string{"True/Accepted", "Unknown/NoReport", "Unknown/NoReport"}},
		"OneOutdated": {"an older generation's success says nothing of this one", standings(taken, older), []string{"True/Accepted", "Unknown/Reconciling", "Unknown/Reconciling"}},
		"OneRefuses":  {"a refusal is told in its own words", standings(taken, bad), []string{"False/InvalidExpr", "False/InvalidExpr", "False/InvalidExpr"}},
		"Nobody":      {"an object that nobody selects must say so, or its author waits for ever", nil, []string{"False/NotSelected", "False/NotSelected", "False/NotSelected"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			st := ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Standings: tc.by}, noon)
			for _, c := range st.Conditions {
				got = append(got, string(c.Status)+"/"+c.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if len(st.Bindings) != len(tc.by) {
				t.Errorf("one binding per Prometheus: got %d", len(st.Bindings))
			}
		})
	}
}

// What a Prometheus does without is told by name, and refuses nothing.
func TestNotesOnAcceptedObjects(t *testing.T) {
	old := taken
	old.Note = "left out, all else stays: spec.groups[0].labels"
	st := ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Standings: standings(taken, old)}, noon)
	if c := st.Conditions[0]; c.Status != metav1.ConditionTrue || c.Message != "Prometheus ns/b: "+old.Note {
		t.Errorf("the condition of the object: %+v", c)
	}
	if c := st.Bindings[1].Conditions[0]; c.Status != v1.ConditionTrue || c.Message != old.Note {
		t.Errorf("the condition of the binding: %+v", c)
	}
	st = ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Standings: standings(old, bad)}, noon)
	if c := st.Conditions[0]; c.Message != "Prometheus ns/b: spec: no" {
		t.Errorf("a refusal comes before a note: %+v", c)
	}
}

func TestConfigResourceIsWrittenOnTransitionsOnly(t *testing.T) {
	st := ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Standings: standings(taken, bad)}, noon)
	if diff := cmp.Diff(st, ForConfigResource(st, 2, Opinions{Standings: standings(taken, bad)}, noon.Add(time.Hour))); diff != "" {
		t.Errorf("nothing changed (-before +after):\n%s", diff)
	}
}

// Each Prometheus has its own say, of the generation that it looked at, and its time is that of the last turn.
func TestBindings(t *testing.T) {
	accepted := func(status v1.ConditionStatus, generation int64, reason, message string, since time.Time) []v1.ConfigResourceCondition {
		return []v1.ConfigResourceCondition{{
			Type: v1.Accepted, Status: status, ObservedGeneration: generation, Reason: reason, Message: message,
			LastTransitionTime: metav1.NewTime(since).Rfc3339Copy(),
		}}
	}
	bound := func(name string, conditions []v1.ConfigResourceCondition) v1.WorkloadBinding {
		return v1.WorkloadBinding{Group: "monitoring.coreos.com", Resource: "prometheuses", Namespace: "ns", Name: name, Conditions: conditions}
	}
	first := ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Standings: standings(older, bad)}, noon)
	want := []v1.WorkloadBinding{
		bound("a", accepted(v1.ConditionTrue, 1, "", "", noon)), bound("b", accepted(v1.ConditionFalse, 2, "InvalidExpr", "spec: no", noon)),
	}
	if diff := cmp.Diff(want, first.Bindings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	later := noon.Add(time.Hour)
	worse := bad
	worse.Verdict.Message = "spec: no more"
	second := ForConfigResource(first, 2, Opinions{Standings: standings(bad, worse)}, later)
	want = []v1.WorkloadBinding{
		bound("a", accepted(v1.ConditionFalse, 2, "InvalidExpr", "spec: no", later)), bound("b", accepted(v1.ConditionFalse, 2, "InvalidExpr", "spec: no more", noon)),
	}
	if diff := cmp.Diff(want, second.Bindings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestForeignBindingsStay(t *testing.T) {
	ruler := v1.WorkloadBinding{Group: v1.GroupVersion.Group, Resource: "thanosrulers", Namespace: "ns", Name: "r"}
	theirs := v1.WorkloadBinding{Group: v1.GroupVersion.Group, Resource: resource, Namespace: "ns", Name: "theirs"}
	gone := v1.WorkloadBinding{Group: v1.GroupVersion.Group, Resource: resource, Namespace: "ns", Name: "gone"}
	old := v1.ConfigResourceStatus{Bindings: []v1.WorkloadBinding{ruler, gone, theirs}}
	by := Opinions{Standings: standings(taken), Others: []types.NamespacedName{{Namespace: "ns", Name: "theirs"}}}
	st := ForConfigResource(old, 2, by, noon)
	if diff := cmp.Diff([]v1.WorkloadBinding{ruler, theirs}, st.Bindings[1:]); diff != "" {
		t.Errorf("what another operator wrote is not ours, and who is gone selects nothing (-want +got):\n%s", diff)
	}
}

func TestTurned(t *testing.T) {
	beside := func(st, ruler v1.ConfigResourceStatus) v1.ConfigResourceStatus {
		same := ruler.Bindings[0]
		same.Resource = "thanosrulers"
		st.Bindings = append(st.Bindings, same)
		return st
	}
	state := func(s ...Standing) v1.ConfigResourceStatus {
		return ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Standings: standings(s...)}, noon)
	}
	cases := map[string]struct {
		reason    string
		old, next v1.ConfigResourceStatus
		want      []string
	}{
		"NewAndTaken":  {"a new object that is taken is no news", v1.ConfigResourceStatus{}, state(taken), nil},
		"NewAndBad":    {"a new object that is refused is", v1.ConfigResourceStatus{}, state(bad), []string{"InvalidExpr"}},
		"TurnedBad":    {"so is one that was good", state(taken), state(bad), []string{"InvalidExpr"}},
		"TurnedGood":   {"and one that is good again", state(bad), state(taken), []string{""}},
		"StillBad":     {"the same refusal is told once", state(bad), state(bad), nil},
		"Namesake":     {"a ruler of the same name has its own say", beside(state(bad), state(taken)), beside(state(bad), state(taken)), nil},
		"SelectedMore": {"another Prometheus that takes it is no news", state(taken), state(taken, taken), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, turn := range Turned(tc.old, tc.next) {
				got = append(got, turn.Verdict.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestWhyNobodySelectsIt(t *testing.T) {
	t.Parallel()
	far := world.Verdict{Reason: selection.OtherNamespace, Message: "it looks elsewhere"}
	near := world.Verdict{Reason: selection.OtherLabels, Message: "the object lacks label team"}
	left := func(verdicts ...world.Verdict) map[types.NamespacedName]world.Verdict {
		out := map[types.NamespacedName]world.Verdict{}
		for i, v := range verdicts {
			out[types.NamespacedName{Namespace: "ns", Name: string(rune('a' + i))}] = v
		}
		return out
	}
	cases := map[string]struct {
		reason string
		left   map[types.NamespacedName]world.Verdict
		want   string
	}{
		"NoPrometheus": {"there is none to compare with", nil, "no Prometheus selects this object"},
		"One":          {"its reason is told", left(far), "no Prometheus selects this object; ns/a: it looks elsewhere"},
		"Nearest": {"whoever looks into the namespace is meant more likely", left(far, near, near),
			"no Prometheus selects this object; ns/b: the object lacks label team (kubectl promloop why tells of the other 2)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := ForConfigResource(v1.ConfigResourceStatus{}, 2, Opinions{Left: tc.left}, noon)
			for _, c := range st.Conditions {
				if c.Reason != NotSelected || c.Message != tc.want {
					t.Errorf("%s: %s is %s: %q, want %q", tc.reason, c.Type, c.Reason, c.Message, tc.want)
				}
			}
		})
	}
}
