package delivery

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

var (
	wanted = Wanted{Config: contract.Manifest{Digest: "c2", Generation: 2}, Rules: contract.Manifest{Digest: "r2", Generation: 2}}
	noon   = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

func pod(annotation string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p-0", Annotations: map[string]string{contract.ReleaseAnnotation: annotation}}}
	p.Status.Phase, p.Status.PodIP = corev1.PodRunning, "198.18.0.2"
	return p
}

func report(config, rules string) world.Report {
	return world.Report{Config: &contract.Loaded{Loaded: config, LoadedGeneration: 1}, Rules: &contract.Loaded{Loaded: rules, LoadedGeneration: 1}}
}

func TestPokes(t *testing.T) {
	released := `{"config":"c2","rules":"r2","attempt":1}`
	cases := map[string]struct {
		reason     string
		pod        *corev1.Pod
		report     world.Report
		sincePoke  time.Duration
		wantValue  string
		checkAfter time.Duration
	}{
		"Loaded":   {"a pod that runs both sets needs nothing", pod(""), report("c2", "r2"), time.Hour, "", 0},
		"NewSet":   {"the first poke for new digests goes out at once", pod(`{"config":"c1","rules":"r1","attempt":4}`), report("c1", "r1"), time.Hour, released, 1200 * time.Millisecond},
		"TooSoon":  {"two pokes within the kubelet's relist are served as one", pod(`{"config":"c1","rules":"r1","attempt":1}`), report("c1", "r1"), 100 * time.Millisecond, "", time.Second},
		"Waiting":  {"the kubelet gets 1.2 s before the poke counts as lost", pod(released), report("c1", "r2"), time.Second, "", 200 * time.Millisecond},
		"Lost":     {"a lost poke is repeated with another value, since an equal one wakes nobody", pod(released), report("c1", "r2"), 2 * time.Second, `{"config":"c2","rules":"r2","attempt":2}`, 1200 * time.Millisecond},
		"Foreign":  {"a foreign value releases nothing and is put right", pod("what?"), report("c1", "r1"), time.Hour, released, 1200 * time.Millisecond},
		"Silent":   {"a pod that does not answer is poked all the same: its sidecar may be unreachable and working", pod(""), world.Report{}, time.Hour, released, 1200 * time.Millisecond},
		"Refused":  {"no number of pokes makes a refused set good", pod(released), world.Report{Config: &contract.Loaded{Refused: "c2"}, Rules: &contract.Loaded{Loaded: "r2"}}, time.Hour, "", 0},
		"Starting": {"a pod without an address has no volumes to refresh", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p-0"}, Status: corev1.PodStatus{Phase: corev1.PodPending}}, world.Report{}, time.Hour, "", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := &world.World{Now: noon, Pods: []*corev1.Pod{tc.pod}, Reports: map[string]world.Report{"p-0": tc.report}, Poked: map[string]time.Time{"p-0": noon.Add(-tc.sincePoke)}}
			d := For(w, wanted)
			value := ""
			if len(d.Pokes) == 1 {
				value = d.Pokes[0].Value
			}
			if diff := cmp.Diff(tc.wantValue, value); diff != "" {
				t.Errorf("%s: annotation (-want +got):\n%s", tc.reason, diff)
			}
			if d.CheckAfter != tc.checkAfter {
				t.Errorf("%s: looks again after %s, want %s", tc.reason, d.CheckAfter, tc.checkAfter)
			}
		})
	}
}

func TestLoadedNeedsEveryReplica(t *testing.T) {
	loaded := Pod{Config: Domain{Progress: Loaded}, Rules: Domain{Progress: Loaded}}
	silent := Pod{Config: Domain{Progress: Loaded}, Rules: Domain{Progress: Unknown}}
	cases := map[string]struct {
		reason string
		pods   []Pod
		want   bool
	}{
		"All":     {"both replicas report both digests", []Pod{loaded, loaded}, true},
		"Silent":  {"silence is not success", []Pod{loaded, silent}, false},
		"Missing": {"a replica that does not exist has loaded nothing", []Pod{loaded}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := (Delivery{Pods: tc.pods}).Loaded(2); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

func TestReached(t *testing.T) {
	at := func(p Progress, generation int64) Pod {
		return Pod{Rules: Domain{Progress: p, Report: &contract.Loaded{LoadedGeneration: generation}}}
	}
	want := contract.Manifest{Generation: 9}
	cases := map[string]struct {
		reason string
		pods   []Pod
		want   Reached
	}{
		"All":     {"every pod runs the newest set", []Pod{at(Loaded, 9), at(Loaded, 9)}, Reached{9, true}},
		"Lagging": {"the slowest pod counts, by what it has passed", []Pod{at(Loaded, 9), at(Pending, 7)}, Reached{7, true}},
		"Silent":  {"one silent pod makes the whole unknown", []Pod{at(Loaded, 9), {Rules: Domain{Progress: Unknown}}}, Reached{}},
		"Missing": {"a replica that does not exist yet makes it unknown", []Pod{at(Loaded, 9)}, Reached{9, false}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Delivery{Pods: tc.pods}.Reached(contract.Rules, want, 2)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLedgerKeepsTheFirstSetOfAForm(t *testing.T) {
	l := NewLedger()
	o := world.Object{Kind: world.PrometheusRule}
	for _, step := range []struct {
		reason                     string
		generation, manifest, want int64
	}{
		{"a new object counts from the set that first has it", 1, 5, 5},
		{"other objects' changes don't move it", 1, 8, 5},
		{"a new form counts anew", 2, 9, 9},
	} {
		if got := l.Publish(o, step.generation, contract.Manifest{Generation: step.manifest}); got != step.want {
			t.Errorf("%s: since %d, want %d", step.reason, got, step.want)
		}
	}
	l.Withdraw(o)
	if since, ok := l.Since(o, 2); ok {
		t.Errorf("an object that is left out is in no set: since %d", since)
	}
	if got := l.Publish(o, 2, contract.Manifest{Generation: 10}); got != 10 {
		t.Errorf("one that is taken again counts anew: since %d, want 10", got)
	}
	l.Keep(nil)
	if got := l.Publish(o, 2, contract.Manifest{Generation: 12}); got != 12 {
		t.Errorf("an object that was not selected for a while counts anew: since %d, want 12", got)
	}
}
