package delivery

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

const (
	toldNothing = `{"config":"c2","rules":"r1","attempt":1}`
	toldRefused = `{"rules":"r1","refused":["c2"],"attempt":1}`
)

// replicas builds pods p-0, p-1 … from what each was told last and what it reports of the configuration c2. All have rules to load,
// so that each is poked.
func replicas(told []string, config []*contract.Loaded) *world.World {
	w := &world.World{Now: noon, Reports: map[string]world.Report{}}
	for n, value := range told {
		p := pod(value)
		p.Name = []string{"p-0", "p-1", "p-2"}[n]
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		w.Pods = append(w.Pods, p)
		w.Reports[p.Name] = world.Report{Config: config[n], Rules: &contract.Loaded{Loaded: "r1"}}
	}
	return w
}

func TestRefusals(t *testing.T) {
	var silent *contract.Loaded
	loaded, pending := &contract.Loaded{Loaded: "c2"}, &contract.Loaded{Loaded: "c1"}
	itself := &contract.Loaded{Loaded: "c1", Refused: "c2", Reason: "PrometheusRefused"}
	elsewhere := &contract.Loaded{Loaded: "c1", Refused: "c2", Reason: contract.RefusedElsewhere}
	const free, barred = "c2", ""
	cases := map[string]struct {
		reason string
		told   []string
		config []*contract.Loaded
		want   []string // what each pod may load, barred for a set that is withheld and named as refused
	}{
		"Others":        {"what one replica refused no other loads", []string{toldNothing, toldNothing}, []*contract.Loaded{itself, pending}, []string{free, barred}},
		"Alone":         {"a pod's own refusal is its own to try again", []string{toldNothing}, []*contract.Loaded{itself}, []string{free}},
		"Both":          {"so it is with two that refused it themselves", []string{toldNothing, toldNothing}, []*contract.Loaded{itself, itself}, []string{free, free}},
		"Hearsay":       {"a pod that was told of a refusal keeps no other from loading", []string{toldNothing, toldRefused}, []*contract.Loaded{pending, elsewhere}, []string{free, free}},
		"HearsayAlone":  {"nor itself", []string{toldRefused}, []*contract.Loaded{elsewhere}, []string{free}},
		"StillRefused":  {"the first-hand refusal stands, and so does what was told", []string{toldNothing, toldRefused}, []*contract.Loaded{itself, elsewhere}, []string{free, barred}},
		"LoadedBySome":  {"what a replica runs is not refused any more", []string{toldNothing, toldRefused}, []*contract.Loaded{loaded, elsewhere}, []string{free, free}},
		"LoadedByThird": {"nor is what another one refused", []string{toldNothing, toldNothing, toldRefused}, []*contract.Loaded{loaded, itself, elsewhere}, []string{free, free, free}},
		"Restarted":     {"an operator that has not asked yet takes nothing back", []string{toldNothing, toldRefused}, []*contract.Loaded{silent, elsewhere}, []string{free, barred}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := replicas(tc.told, tc.config)
			got := map[string]contract.Release{}
			for _, p := range For(w, wanted).Pokes {
				got[p.Pod.Name] = contract.DecodeRelease(p.Value)
			}
			want := map[string]contract.Release{}
			for n, config := range tc.want {
				r := contract.Release{Config: config, Rules: "r2", Attempt: 1}
				if config == barred {
					r.Refused = []string{"c2"}
				}
				want[w.Pods[n].Name] = r
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestADeadReplicaKeepsNoRefusalAlive(t *testing.T) {
	w := replicas([]string{toldNothing, toldRefused}, []*contract.Loaded{nil, {Refused: "c2", Reason: contract.RefusedElsewhere}})
	w.Pods[0].Status.Conditions = nil
	for _, p := range For(w, wanted).Pokes {
		if r := contract.DecodeRelease(p.Value); r.Refused != nil {
			t.Errorf("%s is told that %v are refused", p.Pod.Name, r.Refused)
		}
	}
}

// Everything else is loaded here: the refusal alone decides whether the pod is poked.
func TestARefusalFromElsewhereIsTakenBack(t *testing.T) {
	w := replicas([]string{toldNothing, toldRefused}, []*contract.Loaded{{Loaded: "c2"}, {Refused: "c2", Reason: contract.RefusedElsewhere}})
	for name, r := range w.Reports {
		w.Reports[name] = world.Report{Config: r.Config, Rules: &contract.Loaded{Loaded: "r2"}}
	}
	d := For(w, wanted)
	if len(d.Pokes) != 1 || d.Pokes[0].Pod.Name != "p-1" || d.Pokes[0].Value != `{"config":"c2","rules":"r2","attempt":1}` {
		t.Errorf("pokes are %+v; want one that frees p-1", d.Pokes)
	}
	if d.CheckAfter != 1200*time.Millisecond {
		t.Errorf("looks again after %s: a lost poke would be final", d.CheckAfter)
	}
	w.Reports["p-0"] = world.Report{Config: &contract.Loaded{Refused: "c2", Reason: "PrometheusRefused"}, Rules: w.Reports["p-0"].Rules}
	if d = For(w, wanted); len(d.Pokes) != 0 {
		t.Errorf("pokes are %+v though the refusal stands", d.Pokes)
	}
}
