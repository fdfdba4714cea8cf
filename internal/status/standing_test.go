package status

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// look is one pass over a ServiceMonitor.
type look struct {
	object     int64 // its generation
	verdict    string
	unrendered bool  // nothing can be rendered, so what is published stays
	published  int64 // the generation of the manifest
	loaded     int64 // what both replicas have loaded
	want       metav1.ConditionStatus
}

func (l look) plan() plan.Plan {
	monitor := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "m", Generation: l.object}}
	domain := delivery.Domain{Progress: delivery.Pending, Report: &contract.Loaded{LoadedGeneration: l.loaded}}
	if l.loaded == l.published {
		domain.Progress = delivery.Loaded
	}
	pl := deliveryOf(pod("a", domain, loadedDomain), pod("b", domain, loadedDomain))
	pl.Selection = selection.Result{ServiceMonitors: []*v1.ServiceMonitor{monitor}}
	pl.Wanted.Config = contract.Manifest{Digest: "d", Generation: l.published}
	if l.verdict != "" {
		pl.Verdicts = map[world.Object]world.Verdict{objectOf(world.ServiceMonitor, "m"): {Reason: l.verdict}}
	}
	if !l.unrendered {
		pl.Config = promconfig.Result{Stored: []byte("some")}
	}
	return pl
}

// An object is Loaded once every replica runs a set that was made with its present form in it.
func TestStandings(t *testing.T) {
	const yes, no = metav1.ConditionTrue, metav1.ConditionFalse
	cases := map[string]struct {
		reason string
		looks  []look
	}{
		"OnItsWay": {"what is published is waited for", []look{
			{object: 1, published: 2, loaded: 1, want: no}, {object: 1, published: 2, loaded: 2, want: yes},
		}},
		"OthersChange": {"the sets that follow have it, too", []look{
			{object: 1, published: 1, loaded: 1, want: yes}, {object: 1, published: 2, loaded: 1, want: yes},
		}},
		"TakenLater": {"the sets that were made while it was refused don't have it, though its generation is the same", []look{
			{object: 1, verdict: "UnknownReference", published: 1, loaded: 1, want: no},
			{object: 1, published: 2, loaded: 1, want: no},
			{object: 1, published: 3, loaded: 2, want: yes},
		}},
		"TakenAgain": {"while it is refused other forms of it may be published", []look{
			{object: 1, published: 1, loaded: 1, want: yes},
			{object: 1, verdict: "UnknownReference", published: 1, loaded: 1, want: no},
			{object: 1, published: 2, loaded: 1, want: no},
		}},
		"NewAndNothingRendered": {"the set that stays was made without it", []look{
			{object: 1, unrendered: true, published: 1, loaded: 1, want: no},
			{object: 1, published: 2, loaded: 1, want: no},
			{object: 1, published: 2, loaded: 2, want: yes},
		}},
		"EditedAndNothingRendered": {"the set that stays has its form before", []look{
			{object: 1, published: 1, loaded: 1, want: yes}, {object: 2, unrendered: true, published: 1, loaded: 1, want: no},
		}},
		"LeftAloneAndNothingRendered": {"the set that stays has it", []look{
			{object: 1, published: 1, loaded: 1, want: yes}, {object: 1, unrendered: true, published: 1, loaded: 1, want: yes},
		}},
		"NothingEverRendered": {"no set is published, so none has it", []look{{object: 1, unrendered: true, want: no}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ledger := delivery.NewLedger()
			for i, l := range tc.looks {
				standing := Standings(someWorld(2), l.plan(), ledger)[objectOf(world.ServiceMonitor, "m")]
				if standing.Loaded != l.want {
					t.Errorf("%s: at look %d Loaded is %s, want %s", tc.reason, i+1, standing.Loaded, l.want)
				}
			}
		})
	}
}

// Rules that stay as they are, for want of a version to judge them for, have nothing of an object in them that is new.
func TestRulesThatStayAreNotThoseOfANewObject(t *testing.T) {
	rule := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "r", Generation: 1}}
	pl := deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain))
	pl.Selection = selection.Result{Rules: []*v1.PrometheusRule{rule}}
	pl.Wanted.Rules = contract.Manifest{Digest: "d"}
	for _, c := range []struct {
		rules rules.Plan
		want  metav1.ConditionStatus
	}{
		{rules.Plan{}, metav1.ConditionFalse}, {rules.Plan{Shards: make([]rules.Shard, 1)}, metav1.ConditionTrue},
	} {
		pl.Rules = c.rules
		if got := Standings(someWorld(2), pl, delivery.NewLedger())[objectOf(world.PrometheusRule, "r")].Loaded; got != c.want {
			t.Errorf("with %d shards planned Loaded is %s, want %s", len(c.rules.Shards), got, c.want)
		}
	}
}
