package status

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/plan"
)

// What is known of a Prometheus that can't be looked at stays, and is not taken for the present state of its spec.
func TestUnobserved(t *testing.T) {
	t.Parallel()
	later := noon.Add(time.Hour)
	cases := map[string]struct {
		reason string
		before plan.Plan
		known  bool // whether it was looked at before
		want   map[v1.ConditionType]string
	}{
		"Ran": {
			"what ran before runs on, but nobody knows whether it is what the spec wants", deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain)), true,
			map[v1.ConditionType]string{v1.Available: "True of 3", v1.Reconciled: "False/ReconciliationFailed of 4", v1.Loaded: "True of 3", v1.Ready: "False/ReconciliationFailed of 4", v1.Reconciling: "False of 4", v1.Stalled: "False of 4"},
		},
		"WasRefused": {
			"what waits for the user still does", deliveryOf(pod("a", refusedDomain, loadedDomain)), true,
			map[v1.ConditionType]string{v1.Available: "True of 3", v1.Reconciled: "False/ReconciliationFailed of 4", v1.Loaded: "False/Refused of 3", v1.Ready: "False/ReconciliationFailed of 4", v1.Reconciling: "False of 4", v1.Stalled: "True/Refused of 4"},
		},
		"New": {
			"of one that was never looked at nothing is said but that", plan.Plan{}, false,
			map[v1.ConditionType]string{v1.Reconciled: "False/ReconciliationFailed of 4", v1.Ready: "False/ReconciliationFailed of 4", v1.Reconciling: "False of 4", v1.Stalled: "False of 4"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := someWorld(2).Prometheus
			if tc.known {
				p.Status = For(someWorld(2), tc.before, nil)
			}
			before := p.Status.DeepCopy()
			p.Generation = 4
			st := Unobserved(p, errFailed, later)
			got := map[v1.ConditionType]string{}
			for _, c := range st.Conditions {
				got[c.Type] = string(c.Status)
				if c.Reason != "" {
					got[c.Type] += "/" + c.Reason
				}
				got[c.Type] += fmt.Sprintf(" of %d", c.ObservedGeneration)
				if c.Type == v1.Reconciled && (c.Message != errFailed.Error() || !c.LastTransitionTime.Time.Equal(later)) {
					t.Errorf("%s: Reconciled says %q since %s", tc.reason, c.Message, c.LastTransitionTime)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(*before, p.Status); diff != "" {
				t.Errorf("the old status is not to be written to (-before +after):\n%s", diff)
			}
			st.Conditions, before.Conditions = nil, nil
			if diff := cmp.Diff(*before, st); diff != "" {
				t.Errorf("all but the conditions stays, the generation that was looked at too (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAFailureThatLastsIsWrittenOnce(t *testing.T) {
	t.Parallel()
	p := someWorld(2).Prometheus
	p.Status = Unobserved(p, errFailed, noon)
	if diff := cmp.Diff(p.Status, Unobserved(p, errFailed, noon.Add(time.Hour))); diff != "" {
		t.Errorf("nothing happened, so nothing may be written (-before +after):\n%s", diff)
	}
}
