package status

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/world"
)

// A Prometheus can be reconciled and have several things that its user should know. None hides another.
func TestReconciledTellsAllThatIsLeftOut(t *testing.T) {
	t.Parallel()
	rejected := map[world.Object]world.Verdict{
		{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: "ns", Name: "r"}}: {Reason: "InvalidRule", Message: "x"},
	}
	ignored, volume := []string{"spec.sha has no effect: use image"}, []string{"PersistentVolumeClaim c can't grow"}
	cases := map[string]struct {
		reason string
		plan   plan.Plan
		want   string
		says   []string
	}{
		"Nothing":           {"all is as the spec wants it", plan.Plan{}, "", nil},
		"IgnoredField":      {"a field without effect is told", plan.Plan{Ignored: ignored}, IgnoredFields, []string{"spec.sha"}},
		"IgnoredAndLeftOut": {"an object that is left out weighs more than a field, which is told too", plan.Plan{Ignored: ignored, Verdicts: rejected}, SomeObjectsRejected, []string{"1 selected objects", "PrometheusRule ns/r", "as their status says", "spec.sha"}},
		"Volume":            {"a volume that can't follow the spec is no field without effect", plan.Plan{Unresized: volume}, VolumeNotResized, []string{"can't grow"}},
		"Unmanaged":         {"whose configuration is the user's own still has rules that can be wrong", plan.Plan{Unmanaged: true, Verdicts: rejected}, SomeObjectsRejected, []string{"ns/r", "left to you"}},
		"Everything":        {"the gravest is the reason", plan.Plan{Unmanaged: true, Verdicts: rejected, Unresized: volume, Ignored: ignored}, SomeObjectsRejected, []string{"ns/r", "can't grow", "left to you", "spec.sha"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
