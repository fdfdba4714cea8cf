package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// unreadable is a selector that nobody can go by.
var unreadable = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Perhaps"}}}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// someWorld is a Prometheus that selects everything in its namespace, with the given rules and monitors.
func someWorld(objects int) *world.World {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "main", UID: "uid", Generation: 1}}
	all := &metav1.LabelSelector{}
	p.Spec.ServiceMonitorSelector, p.Spec.RuleSelector = all, all
	w := &world.World{
		Now: noon, Prometheus: p, Salt: []byte("salt"), Namespaces: map[string]labels.Set{"ns": {}},
		Options: world.Options{RuleShards: 16, ConfigParts: 16, AssetShards: 4, PrometheusBaseImage: "prometheus", ConfigReloaderImage: "promloop/c", RulesReloaderImage: "promloop/r"},
	}
	for n := range objects {
		meta := metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprintf("o-%03d", n), UID: types.UID(fmt.Sprint(n)), Generation: 1}
		monitor := &v1.ServiceMonitor{ObjectMeta: meta}
		monitor.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
		rule := &v1.PrometheusRule{ObjectMeta: meta}
		rule.Spec.Groups = []v1.RuleGroup{{Name: "g", Rules: []v1.Rule{{Record: "r:x", Expr: intstr.FromString("up")}}}}
		w.ServiceMonitors, w.Rules = append(w.ServiceMonitors, monitor), append(w.Rules, rule)
	}
	return w
}

// settle puts what was planned into the world, as the API server would.
func settle(w *world.World, pl Plan) {
	for _, o := range pl.Writes {
		o.SetUID("uid-" + types.UID(o.GetName()))
		o.SetResourceVersion("1")
		switch o := o.(type) {
		case *corev1.Secret:
			settleSecret(w, o)
		case *corev1.ConfigMap:
			if o.Name == world.RulesManifestName("main") {
				w.Owned.RulesManifest = o
				continue
			}
			w.Owned.RuleShards = slices.DeleteFunc(w.Owned.RuleShards, func(cm *corev1.ConfigMap) bool { return cm.Name == o.Name })
			w.Owned.RuleShards = append(w.Owned.RuleShards, o)
		case *appsv1.StatefulSet:
			w.Owned.StatefulSets = []*appsv1.StatefulSet{o}
		case *corev1.Service:
			w.Owned.Services = []*corev1.Service{o}
		}
	}
}

func settleSecret(w *world.World, s *corev1.Secret) {
	switch s.Name {
	case world.WorkloadName("main"):
		w.Owned.ConfigSecret = s
	case world.ConfigManifestName("main"):
		w.Owned.ConfigManifest = s
	default:
		w.Owned.Secrets = slices.DeleteFunc(w.Owned.Secrets, func(have *corev1.Secret) bool { return have.Name == s.Name })
		w.Owned.Secrets = append(w.Owned.Secrets, s)
	}
}

func planner() *Planner { return NewPlanner(rules.DefaultLimits(16)) }

func names(objects []workload.Object) []string {
	var out []string
	for _, o := range objects {
		out = append(out, fmt.Sprintf("%T/%s", o, o.GetName()))
	}
	return out
}

func TestWhatAManifestDescribesIsWrittenBeforeIt(t *testing.T) {
	got := names(planner().For(someWorld(1)).Writes)
	want := []string{
		"*v1.Secret/prometheus-main-tls-assets-0", "*v1.Secret/prometheus-main-web-config",
		"*v1.ConfigMap/prometheus-main-rulefiles-0", "*v1.Secret/prometheus-main",
		"*v1.Secret/prometheus-main-config-manifest", "*v1.ConfigMap/prometheus-main-rules-manifest",
		"*v1.StatefulSet/prometheus-main", "*v1.Service/prometheus-operated",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("an interruption after any write must leave a complete set, the old or the new (-want +got):\n%s", diff)
	}
}

func TestOneChangeWritesItsPartAndTheManifest(t *testing.T) {
	cases := map[string]struct {
		change func(w *world.World)
		want   []string
	}{
		"Nothing": {func(*world.World) {}, nil},
		"Rule": {func(w *world.World) {
			rule := w.Rules[7].DeepCopy()
			rule.Generation++
			rule.Spec.Groups[0].Rules[0].Expr = intstr.FromString("up == 1")
			w.Rules[7] = rule
		}, []string{"*v1.ConfigMap/prometheus-main-rulefiles-0", "*v1.ConfigMap/prometheus-main-rules-manifest"}},
		"Monitor": {func(w *world.World) {
			monitor := w.ServiceMonitors[7].DeepCopy()
			monitor.Generation++
			monitor.Spec.Endpoints[0].Port = "other"
			w.ServiceMonitors[7] = monitor
		}, []string{"*v1.Secret/prometheus-main", "*v1.Secret/prometheus-main-config-manifest"}},
		"Deleted": {func(w *world.World) { w.Owned.RuleShards = nil }, []string{"*v1.ConfigMap/prometheus-main-rulefiles-0"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w, p := someWorld(50), planner()
			settle(w, p.For(w))
			settle(w, p.For(w)) // what is read back from a StatefulSet may bear on the next
			tc.change(w)
			w.Now = noon.Add(time.Minute)
			pl := p.For(w)
			if diff := cmp.Diff(tc.want, names(pl.Writes)); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
			for _, o := range pl.Writes {
				if name != "Deleted" && o.GetResourceVersion() == "" {
					t.Errorf("%s must carry the resourceVersion that it was decided on", o.GetName())
				}
			}
		})
	}
}

func TestOrderAndMemoryChangeNothing(t *testing.T) {
	for name, change := range map[string]func(*v1.PrometheusSpec){
		"Sound":           func(*v1.PrometheusSpec) {},
		"TwoBadSelectors": func(s *v1.PrometheusSpec) { s.ProbeSelector, s.PodMonitorSelector = unreadable, unreadable },
	} {
		t.Run(name, func(t *testing.T) {
			w, remembering := someWorld(60), planner()
			change(&w.Prometheus.Spec)
			want := remembering.For(w)
			for seed := range uint64(5) {
				shuffled := someWorld(60)
				change(&shuffled.Prometheus.Spec)
				random := rand.New(rand.NewPCG(seed, 1))
				random.Shuffle(60, func(i, j int) {
					shuffled.ServiceMonitors[i], shuffled.ServiceMonitors[j] = shuffled.ServiceMonitors[j], shuffled.ServiceMonitors[i]
				})
				for name, p := range map[string]*Planner{"new": planner(), "remembering": remembering} {
					got := p.For(shuffled)
					if diff := cmp.Diff(want.Wanted, got.Wanted) + cmp.Diff(want.Verdicts, got.Verdicts); diff != "" {
						t.Fatalf("%s planner, seed %d (-sorted +shuffled):\n%s", name, seed, diff)
					}
				}
			}
		})
	}
}

// Whoever mends the first mistake of a Prometheus should not learn of the next one only then.
func TestAllThatIsWrongWithAPrometheusIsTold(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1.PrometheusSpec)
		want   string
		says   []string // in this order, and each once
	}{
		"Nothing":      {"", func(*v1.PrometheusSpec) {}, "", nil},
		"TwoSelectors": {"in the order of the kinds", func(s *v1.PrometheusSpec) { s.ProbeSelector, s.PodMonitorSelector = unreadable, unreadable }, selection.InvalidSelector, []string{"spec.podMonitorSelector", "spec.probeSelector"}},
		"OfAllParts": {"what no pod can be made from is the gravest", func(s *v1.PrometheusSpec) {
			s.ProbeSelector = unreadable
			s.RemoteWrite = []v1.RemoteWriteSpec{{URL: "no url"}}
			s.Volumes = []corev1.Volume{{Name: "config"}}
		}, workload.InvalidSpec, []string{"spec.volumes[0].name", "spec.probeSelector", "spec.remoteWrite[0].url"}},
		"Version": {"a version that can't be read is one mistake, though nobody can go by it", func(s *v1.PrometheusSpec) { s.Version = "latest" }, workload.InvalidSpec, []string{"spec.version"}},
		"TooOld":  {"so is one that nothing can be written for", func(s *v1.PrometheusSpec) { s.Version = "2.44.0" }, workload.InvalidSpec, []string{"spec.version", "older than v2.45.0"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := someWorld(1)
			tc.change(&w.Prometheus.Spec)
			got := planner().For(w).Verdicts[self(w)]
			if got.Reason != tc.want {
				t.Errorf("%s: the reason is %q, want %q: %s", tc.reason, got.Reason, tc.want, got.Message)
			}
			rest := got.Message
			for _, part := range tc.says {
				_, after, found := strings.Cut(rest, part)
				if !found || strings.Count(got.Message, part) != 1 {
					t.Errorf("%s: %q must stand once and in its place in %q", tc.reason, part, got.Message)
				}
				rest = after
			}
		})
	}
}

func TestGenerationsGrow(t *testing.T) {
	w, p := someWorld(3), planner()
	first := p.For(w)
	settle(w, first)
	w.Now = noon.Add(-time.Hour) // a clock that was set back
	w.Rules = w.Rules[1:]
	second := p.For(w)
	if second.Wanted.Rules.Generation != first.Wanted.Rules.Generation+1 {
		t.Errorf("generation went from %d to %d: sidecars ignore lower ones", first.Wanted.Rules.Generation, second.Wanted.Rules.Generation)
	}
	if second.Wanted.Config.Generation != first.Wanted.Config.Generation {
		t.Error("an equal set keeps its generation")
	}
}

func TestUnmanagedSecretIsTheUsersOwn(t *testing.T) {
	w := someWorld(2)
	w.Prometheus.Spec.ServiceMonitorSelector = nil
	own := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main"}, Data: map[string][]byte{"prometheus.yaml.gz": []byte("mine")}}
	w.Owned.ConfigSecret = own
	pl := planner().For(w)
	for _, o := range append(pl.Writes, pl.Prune...) {
		if strings.HasPrefix(o.GetName(), "prometheus-main") && o.GetName() == own.Name {
			if _, ok := o.(*corev1.Secret); ok {
				t.Errorf("%T %s would be touched", o, o.GetName())
			}
		}
	}
	if pl.Wanted.Config.Digest != "" {
		t.Error("nothing is wanted of a configuration that is the user's own")
	}
	w.Owned.ConfigSecret = nil
	if got := names(planner().For(w).Writes); !slices.Contains(got, "*v1.Secret/prometheus-main") {
		t.Errorf("an empty one is made once, so that the pod can start: %v", got)
	}
}

func TestNoSecretIsTheUsersOwnWhereTheOptionSaysSo(t *testing.T) {
	w := someWorld(2)
	w.Prometheus.Spec.ServiceMonitorSelector = nil
	w.Options.AlwaysManaged = true
	w.Owned.ConfigSecret = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main"}}
	pl := planner().For(w)
	if got := names(pl.Writes); pl.Unmanaged || !slices.Contains(got, "*v1.Secret/prometheus-main") {
		t.Errorf("what does not come from selected objects is written too: %v", got)
	}
	if pl.Wanted.Config.Digest == "" {
		t.Error("a pod is told what to load")
	}
}

func TestNoRuleIsTakenAwayWhileNobodyKnowsWhatIsWanted(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1.PrometheusSpec)
	}{
		"Selector": {"a selector that can't be read says nothing about what is wanted", func(s *v1.PrometheusSpec) { s.RuleSelector = unreadable }},
		"Version":  {"rules that were judged for no version in particular may be refused", func(s *v1.PrometheusSpec) { s.Version = "latest" }},
		"TooOld":   {"what an older version knows stands nowhere", func(s *v1.PrometheusSpec) { s.Version = "v2.44.0" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w, p := someWorld(5), planner()
			settle(w, p.For(w))
			settle(w, p.For(w))
			before := p.For(w).Wanted
			w.Prometheus = w.Prometheus.DeepCopy()
			tc.change(&w.Prometheus.Spec)
			pl := p.For(w)
			if got := append(names(pl.Writes), names(pl.Prune)...); len(got) > 0 {
				t.Errorf("%s, yet it would touch %v", tc.reason, got)
			}
			if diff := cmp.Diff(before, pl.Wanted); diff != "" {
				t.Errorf("what is loaded stays wanted (-before +after):\n%s", diff)
			}
			if pl.Verdicts[self(w)].Accepted() {
				t.Error("the Prometheus must say what is wrong with it")
			}
		})
	}
}

func TestAVolumeThatCantGrowIsNoFieldWithoutEffect(t *testing.T) {
	size := func(s string) corev1.VolumeResourceRequirements {
		return corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(s)}}
	}
	w := someWorld(1)
	w.Prometheus.Spec.Storage = &v1.StorageSpec{}
	w.Prometheus.Spec.Storage.VolumeClaimTemplate.Spec.Resources = size("2Gi")
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main-db-prometheus-main-0"}}
	claim.Spec.Resources = size("1Gi")
	w.Claims = []*corev1.PersistentVolumeClaim{claim}
	pl := planner().For(w)
	if len(pl.Unresized) != 1 || len(pl.Ignored) != 0 {
		t.Errorf("the class of the claim lets nothing grow, so it is told once and by itself: unresized %q, ignored %q", pl.Unresized, pl.Ignored)
	}
}

func TestTimeAloneChangesAPlan(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &world.World{Now: now}
	for name, tc := range map[string]struct {
		reason  string
		plan    Plan
		objects workload.Objects
		want    time.Duration
	}{
		"Nothing":  {"events wake it", Plan{}, workload.Objects{}, 0},
		"Volume":   {"storage classes are not watched", Plan{Unresized: []string{"x"}}, workload.Objects{}, lookAtVolumes},
		"Deadline": {"a retained shard goes at its time", Plan{}, workload.Objects{NextDeadline: now.Add(time.Hour)}, time.Hour},
		"Delivery": {"the sooner counts", Plan{Unresized: []string{"x"}, Delivery: delivery.Delivery{CheckAfter: time.Second}}, workload.Objects{NextDeadline: now.Add(time.Hour)}, time.Second},
	} {
		if got := lookAgain(w, tc.plan, tc.objects); got != tc.want {
			t.Errorf("%s: %s: after %s, want %s", name, tc.reason, got, tc.want)
		}
	}
}

func TestSurplusIsOnlyWhatIsOurs(t *testing.T) {
	w, p := someWorld(2), planner()
	settle(w, p.For(w))
	stale := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main-tls-assets-3"}}
	ownedBy(w.Prometheus, stale)
	foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main-own"}}
	w.Owned.Secrets = append(w.Owned.Secrets, stale, foreign)
	if diff := cmp.Diff([]string{"*v1.Secret/prometheus-main-tls-assets-3"}, names(p.For(w).Prune)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithinTakesDefaultsForNoDifference(t *testing.T) {
	cases := map[string]struct {
		reason     string
		want, have any
		same       bool
	}{
		"Defaulted": {"the API server fills in what was left out", map[string]any{"a": "x"}, map[string]any{"a": "x", "b": int64(1)}, true},
		"Changed":   {"somebody changed what we set", map[string]any{"a": "x"}, map[string]any{"a": "y"}, false},
		"Removed":   {"somebody removed what we set", map[string]any{"a": "x"}, map[string]any{}, false},
		"Empty":     {"an empty value that the API server drops is no difference", map[string]any{"a": map[string]any{}}, map[string]any{}, true},
		"Longer":    {"an item that somebody added to a list of ours is one", []any{"x"}, []any{"x", "y"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := within(tc.want, tc.have); got != tc.same {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}
