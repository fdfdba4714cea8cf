package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

func objectOf(kind world.Kind, name string) world.Object {
	return world.Object{Kind: kind, NamespacedName: types.NamespacedName{Namespace: "ns", Name: name}}
}

func TestMeasuresOf(t *testing.T) {
	w := someWorld(2)
	w.Prometheus.Spec.EnforcedSampleLimit = ptr.To[int64](100)
	w.Prometheus.Spec.Shards = ptr.To[int32](2) // two replicas of each: four pods, of which three exist
	pl := deliveryOf(pod("a", loadedDomain, unknownDomain), pod("b", refusedDomain, loadedDomain), pod("c", pendingDomain, loadedDomain))
	pl.Selection = selection.Result{ServiceMonitors: make([]*v1.ServiceMonitor, 4), Rules: make([]*v1.PrometheusRule, 2), Probes: make([]*v1.Probe, 1)}
	pl.Verdicts = map[world.Object]world.Verdict{
		objectOf(world.ServiceMonitor, "a"): {Reason: "InvalidRegex"},
		objectOf(world.ServiceMonitor, "b"): {Reason: "InvalidRegex"},
		objectOf(world.ServiceMonitor, "c"): {Reason: "TooLarge"},
		objectOf(world.PrometheusRule, "a"): {Reason: "InvalidExpr"},
		objectOf(world.Prometheus, "main"):  {Reason: "NoRoom"},
	}
	pl.Rules = rules.Plan{Rejected: map[types.NamespacedName]int{{Namespace: "ns", Name: "a"}: 3}}
	pl.Fill = plan.Fill{Config: 0.25}
	want := Measures{
		Replicas: 2, Shards: 2, EnforcedSampleLimit: ptr.To[int64](100),
		Progress: map[contract.Domain]map[delivery.Progress]int{
			contract.Config: {delivery.Loaded: 1, delivery.Refused: 1, delivery.Pending: 2, delivery.Unknown: 0},
			contract.Rules:  {delivery.Loaded: 2, delivery.Refused: 0, delivery.Pending: 1, delivery.Unknown: 1},
		},
		Selected: map[world.Kind]int{world.ServiceMonitor: 1, world.PodMonitor: 0, world.Probe: 1, world.ScrapeConfig: 0, world.PrometheusRule: 1},
		Rejected: map[world.Kind]map[string]int{
			world.ServiceMonitor: {"InvalidRegex": 2, "TooLarge": 1}, world.PrometheusRule: {"InvalidExpr": 1},
		},
		RejectedGroups: map[types.NamespacedName]int{{Namespace: "ns", Name: "a"}: 3},
		HeldBack:       true,
		Fill:           plan.Fill{Config: 0.25},
	}
	if diff := cmp.Diff(want, MeasuresOf(w, pl)); diff != "" {
		t.Errorf("a pod that does not exist yet is pending, and the Prometheus' own verdict counts for no kind (-want +got):\n%s", diff)
	}
}

func TestHeldBack(t *testing.T) {
	cases := map[string]struct {
		reason  string
		object  world.Object
		verdict string
		want    bool
	}{
		"Unread":   {"what can't be read just now stays as it was", objectOf(world.ServiceMonitor, "a"), promconfig.UnknownReference, true},
		"Missing":  {"what is gone is the user's to mend, and only that object is concerned", objectOf(world.ServiceMonitor, "a"), promconfig.MissingReference, false},
		"OwnText":  {"a section of the Prometheus stays as it was", objectOf(world.Prometheus, "main"), promconfig.InvalidAdditional, true},
		"OwnReads": {"so it does where a reference of its own is gone", objectOf(world.Prometheus, "main"), promconfig.MissingReference, true},
		"NoRoom":   {"all of the configuration stays", objectOf(world.Prometheus, "main"), promconfig.NoRoom, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pl := plan.Plan{Verdicts: map[world.Object]world.Verdict{tc.object: {Reason: tc.verdict}}}
			if got := MeasuresOf(someWorld(2), pl).HeldBack; got != tc.want {
				t.Errorf("%s: it says %v", tc.reason, got)
			}
		})
	}
	if MeasuresOf(someWorld(2), plan.Plan{}).HeldBack {
		t.Error("nothing is held back where nothing is wrong")
	}
}
