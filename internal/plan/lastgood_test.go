package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/api/intstr"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// answer has the one pod of the world say what it loaded and refused.
func answer(w *world.World, config, rules contract.Loaded) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main-0"}}
	pod.Spec.Containers = []corev1.Container{{Name: workload.RulesReloader}}
	w.Pods = []*corev1.Pod{pod}
	w.Reports = map[string]world.Report{pod.Name: {Config: &config, Rules: &rules}}
}

// settledWorld is one whose objects stand as they were planned.
func settledWorld(p *Planner, objects int) (*world.World, delivery.Wanted) {
	w := someWorld(objects)
	settle(w, p.For(w))
	settle(w, p.For(w))
	return w, p.For(w).Wanted
}

func lastGoodOf(t *testing.T, pl Plan) *corev1.Secret {
	t.Helper()
	i := slices.IndexFunc(pl.Writes, func(o workload.Object) bool { return o.GetName() == "prometheus-main-lkg" })
	if i < 0 {
		t.Fatalf("no last known good Secret among %v", names(pl.Writes))
	}
	return pl.Writes[i].(*corev1.Secret)
}

func TestLastKnownGoodIsWhatAPodProved(t *testing.T) {
	p := planner()
	w, proved := settledWorld(p, 3)
	if got := names(p.For(w).Writes); len(got) > 0 {
		t.Fatalf("nothing is proved yet: %v", got)
	}
	answer(w, contract.Loaded{Loaded: proved.Config.Digest}, contract.Loaded{})
	s := lastGoodOf(t, p.For(w))
	if _, both := s.Data["rules-manifest.json"]; both || s.Data["config-manifest.json"] == nil || s.Data["prometheus.yaml.gz"] == nil {
		t.Fatalf("the configuration alone is proved: %v", keys(s))
	}
	answer(w, contract.Loaded{Loaded: proved.Config.Digest}, contract.Loaded{Loaded: proved.Rules.Digest})
	settle(w, p.For(w))
	if got := names(p.For(w).Writes); len(got) > 0 {
		t.Fatalf("what is kept is kept: %v", got)
	}
	_, text, complete := load(t, map[string][]byte{contract.ManifestKey: lastGoodData(w)["config-manifest.json"], "prometheus.yaml.gz": lastGoodData(w)["prometheus.yaml.gz"]})
	if !complete || text == "" {
		t.Error("the configuration that is kept is not complete")
	}
	if m, err := contract.DecodeManifest(lastGoodData(w)["rules-manifest.json"]); err != nil || digestOfRules(ruleFilesIn(lastGoodData(w))) != m.Digest {
		t.Errorf("the rules that are kept are not complete: %v", err)
	}
}

func ruleFilesIn(data map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for name, content := range data {
		if isRuleFile(name) {
			out[name] = content
		}
	}
	return out
}

func keys(s *corev1.Secret) []string {
	var out []string
	for key := range s.Data {
		out = append(out, key)
	}
	return out
}

func TestARefusedSetNeverBecomesLastKnownGood(t *testing.T) {
	p := planner()
	w, proved := settledWorld(p, 3)
	answer(w, contract.Loaded{Loaded: proved.Config.Digest}, contract.Loaded{Loaded: proved.Rules.Digest})
	settle(w, p.For(w))

	w.Now = w.Now.Add(time.Minute)
	rule := w.Rules[0].DeepCopy()
	rule.Generation++
	rule.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up == 7")
	w.Rules[0] = rule
	settle(w, p.For(w))
	wanted := p.For(w).Wanted
	answer(w, contract.Loaded{Loaded: proved.Config.Digest}, contract.Loaded{Loaded: proved.Rules.Digest, Refused: wanted.Rules.Digest})
	settle(w, p.For(w))
	m, err := contract.DecodeManifest(lastGoodData(w)["rules-manifest.json"])
	if err != nil || m.Digest != proved.Rules.Digest {
		t.Errorf("the set before stays: %v, %v", m.Digest, err)
	}
	refused := func() []string { return contract.DecodeRelease(string(lastGoodData(w)[contract.ReleaseKey])).Refused }
	if !slices.Equal(refused(), []string{wanted.Rules.Digest}) {
		t.Errorf("a new pod must know that the set is refused: %v", refused())
	}

	w.Pods = nil // nobody answers for a while
	settle(w, p.For(w))
	if !slices.Equal(refused(), []string{wanted.Rules.Digest}) {
		t.Errorf("who refused it is gone, the set is not: %v", refused())
	}
	w.Rules = w.Rules[1:]
	settle(w, p.For(w))
	if len(refused()) > 0 {
		t.Errorf("the set is not wanted any more: %v", refused())
	}
}

// A configuration in parts has a fallback in parts: a change of one writes that one anew, and none is left behind.
func TestLastKnownGoodInParts(t *testing.T) {
	w, p := bulkyWorld(5), planner()
	prove := func() []string {
		settle(w, p.For(w))
		settle(w, p.For(w))
		answer(w, contract.Loaded{Loaded: p.For(w).Wanted.Config.Digest}, contract.Loaded{})
		pl := p.For(w)
		settle(w, pl)
		prune(w, pl)
		return names(pl.Writes)
	}
	want := []string{"*v1.Secret/prometheus-main-lkg-2", "*v1.Secret/prometheus-main-lkg-1", "*v1.Secret/prometheus-main-lkg"}
	if diff := cmp.Diff(want, prove()); diff != "" {
		t.Fatalf("the manifest is written after its parts (-want +got):\n%s", diff)
	}
	files := maps.Clone(lastGoodData(w))
	files[contract.ManifestKey] = files[contract.FallbackManifest(contract.Config)]
	if _, text, complete := load(t, files); !complete || strings.Count(text, "job_name: ") != 5 {
		t.Error("what is kept is not the whole configuration")
	}
	w.ServiceMonitors[4] = bulky(4, 1)
	if wrote := prove(); len(wrote) != 2 {
		t.Errorf("one change wrote %v", wrote)
	}
	w.ServiceMonitors = w.ServiceMonitors[:1]
	prove()
	for _, s := range w.Owned.Secrets {
		if strings.HasPrefix(s.Name, "prometheus-main-lkg-") {
			t.Errorf("%s is left behind", s.Name)
		}
	}
}
