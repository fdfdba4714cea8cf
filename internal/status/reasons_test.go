package status

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// A Prometheus can be reconciled and have several things that its user should know. None hides another.
func TestReconciledTellsAllThatIsLeftOut(t *testing.T) {
	t.Parallel()
	rejected := map[world.Object]world.Verdict{
		{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: "ns", Name: "r"}}: {Reason: "InvalidRule", Message: "x"},
	}
	deprecated := []string{"spec.tag is deprecated: use spec.image"}
	ignored, volume := []string{"spec.sha has no effect: use image"}, []string{"PersistentVolumeClaim c can't grow"}
	cases := map[string]struct {
		reason string
		plan   plan.Plan
		want   string
		says   []string
	}{
		"Nothing":           {"all is as the spec wants it", plan.Plan{}, "", nil},
		"Deprecated":        {"a field that goes away one day still works", plan.Plan{Deprecated: deprecated, Ignored: ignored}, DeprecatedFieldsInUse, []string{"spec.tag is deprecated", "spec.sha"}},
		"UnmanagedTag":      {"upstream tells of the field first", plan.Plan{Deprecated: deprecated, Unmanaged: true}, DeprecatedFieldsInUse, []string{"spec.tag is deprecated", "left to you"}},
		"IgnoredField":      {"a field without effect is told", plan.Plan{Ignored: ignored}, IgnoredFields, []string{"spec.sha"}},
		"IgnoredAndLeftOut": {"an object that is left out weighs more than a field, which is told too", plan.Plan{Ignored: ignored, Verdicts: rejected}, SomeObjectsRejected, []string{"1 selected objects", "PrometheusRule ns/r", "as their status says", "spec.sha"}},
		"Volume":            {"a volume that can't follow the spec is no field without effect", plan.Plan{Unresized: volume}, VolumeNotResized, []string{"can't grow"}},
		"Unmanaged":         {"whose configuration is the user's own still has rules that can be wrong", plan.Plan{Unmanaged: true, Verdicts: rejected}, SomeObjectsRejected, []string{"ns/r", "left to you"}},
		"Everything":        {"the gravest is the reason", plan.Plan{Unmanaged: true, Verdicts: rejected, Unresized: volume, Ignored: ignored}, SomeObjectsRejected, []string{"ns/r", "can't grow", "left to you", "spec.sha"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.plan.Selection = selected
			got := conditionOf(For(someWorld(2), tc.plan, nil), v1.Reconciled)
			if diff := cmp.Diff([]string{string(v1.ConditionTrue), tc.want}, []string{string(got.Status), got.Reason}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			for _, part := range tc.says {
				if !strings.Contains(got.Message, part) {
					t.Errorf("%s: the message must say %q: %s", tc.reason, part, got.Message)
				}
			}
		})
	}
}

func TestAPrometheusThatSelectsNothingSaysSo(t *testing.T) {
	t.Parallel()
	rule := selection.Result{Rules: []*v1.PrometheusRule{{}}}
	cases := map[string]struct {
		reason string
		plan   plan.Plan
		want   string
	}{
		"Nothing":       {"a selector that fits nothing is a mistake more often than not", plan.Plan{}, NoSelectedResources},
		"OneMonitor":    {"one object is enough", plan.Plan{Selection: selected}, ""},
		"OneRule":       {"a rule is one too", plan.Plan{Selection: rule}, ""},
		"Unmanaged":     {"without selectors for scrape objects there still may be rules", plan.Plan{Unmanaged: true}, NoSelectedResources},
		"UnmanagedRule": {"and here is one", plan.Plan{Unmanaged: true, Selection: rule}, ConfigurationUnmanaged},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := conditionOf(For(someWorld(2), tc.plan, nil), v1.Reconciled)
			if got.Status != v1.ConditionTrue || got.Reason != tc.want || (got.Message == "") != (tc.want == "") {
				t.Errorf("%s: got %s/%s %q, want True/%s", tc.reason, got.Status, got.Reason, got.Message, tc.want)
			}
		})
	}
}

// Whoever waits for a paused Prometheus must not wait until it is paused no more, nor be told of work that nobody does.
func TestAPausedPrometheusIsReconciled(t *testing.T) {
	t.Parallel()
	wrong := deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain))
	wrong.Verdicts = map[world.Object]world.Verdict{objectOf(world.Prometheus, "main"): {Reason: "InvalidSpec", Message: "spec.version is wrong"}}
	cases := map[string]struct {
		reason string
		plan   plan.Plan
		want   map[v1.ConditionType]string
	}{
		"Loaded": {
			"what is published runs everywhere", deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain)),
			map[v1.ConditionType]string{v1.Reconciled: "True/Paused", v1.Loaded: "True/", v1.Ready: "True/", v1.Reconciling: "False/", v1.Stalled: "False/"},
		},
		"Behind": {
			"what is not written can't be loaded, and that is no failure", deliveryOf(pod("a", loadedDomain, pendingDomain), pod("b", loadedDomain, loadedDomain)),
			map[v1.ConditionType]string{v1.Reconciled: "True/Paused", v1.Loaded: "False/Paused", v1.Ready: "False/Paused", v1.Reconciling: "False/", v1.Stalled: "False/"},
		},
		"Silent": {
			"nobody is asked while it is paused", deliveryOf(pod("a", unknownDomain, unknownDomain), pod("b", loadedDomain, loadedDomain)),
			map[v1.ConditionType]string{v1.Reconciled: "True/Paused", v1.Loaded: "Unknown/Paused", v1.Ready: "Unknown/Paused", v1.Reconciling: "False/", v1.Stalled: "False/"},
		},
		"Refused": {
			"what Prometheus refused before stays refused", deliveryOf(pod("a", refusedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain)),
			map[v1.ConditionType]string{v1.Reconciled: "True/Paused", v1.Loaded: "False/Refused", v1.Ready: "False/Refused", v1.Reconciling: "False/", v1.Stalled: "True/Refused"},
		},
		"Wrong": {
			"a mistake in the spec is told before anybody ends the pause, and holds up nothing that the pause does not", wrong,
			map[v1.ConditionType]string{v1.Reconciled: "True/Paused", v1.Loaded: "True/", v1.Ready: "True/", v1.Reconciling: "False/", v1.Stalled: "False/"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := someWorld(2)
			w.Prometheus.Spec.Paused = true
			got := map[v1.ConditionType]string{}
			for _, c := range For(w, tc.plan, nil).Conditions {
				got[c.Type] = string(c.Status) + "/" + c.Reason
				if c.Reason == Paused && !strings.Contains(c.Message, "spec.paused") {
					t.Errorf("%s: %s does not say what to do: %q", tc.reason, c.Type, c.Message)
				}
				if wrong := "spec.version is wrong"; c.Type == v1.Reconciled && len(tc.plan.Verdicts) > 0 && (!strings.Contains(c.Message, wrong) || strings.Contains(c.Message, "selected objects")) {
					t.Errorf("%s: the mistake is not told: %q", tc.reason, c.Message)
				}
			}
			delete(got, v1.Available)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
