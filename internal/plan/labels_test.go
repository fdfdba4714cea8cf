package plan

import "testing"

// Policies, backups and people find what the operator made by the labels that prometheus-operator gives it.
func TestEveryObjectIsMarkedAsUpstreamMarksIt(t *testing.T) {
	t.Parallel()
	w := someWorld(1)
	w.Options.Labels = map[string]string{"team": "a", "managed-by": "b", "app.kubernetes.io/managed-by": "c"}
	writes := planner().For(w).Writes
	if len(writes) == 0 {
		t.Fatal("nothing is written")
	}
	for _, o := range writes {
		for key, want := range map[string]string{
			"team": "a", "managed-by": "prometheus-operator", "app.kubernetes.io/managed-by": "prometheus-operator",
		} {
			if got := o.GetLabels()[key]; got != want {
				t.Errorf("%T %s has %s=%q, want %q", o, o.GetName(), key, got, want)
			}
		}
	}
}
