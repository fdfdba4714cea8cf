package olm_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// The overlay brings what a bundle can't, as the other ways of installing have it: under the names that the bundle's objects have.
func TestExtrasAreWhatTheBundleLeavesOut(t *testing.T) {
	t.Parallel()
	want := map[string]any{}
	for _, o := range input(t).Objects {
		if slices.Contains([]string{"ServiceMonitor", "PrometheusRule", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}, o.GetKind()) {
			want[o.GetKind()+"/"+o.GetName()] = o.Object
		}
	}
	extras, err := tree.Build(root("config", "overlays", "olm-extras"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, o := range extras {
		got[o.GetKind()+"/"+o.GetName()] = o.Object
	}
	if diff := cmp.Diff(want, got); len(want) < 4 || diff != "" {
		t.Errorf("(-whole installation +extras):\n%s", diff)
	}
}
