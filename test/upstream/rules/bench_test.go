package rules_test

// Figures: the "ratio" lines. They need no quiet machine: both sides run on the same one.

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	upstreamv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/informers"
	"github.com/prometheus-operator/prometheus-operator/pkg/namespacelabeler"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	"github.com/prometheus/prometheus/promql/parser"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"

	ourintstr "github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// shardCount is promloop's default number of rule ConfigMaps.
const shardCount = 16

// spec is one rule object, in the terms of both.
type spec struct {
	name string
	expr string
	text string
}

func (s spec) upstream() *upstreamv1.PrometheusRule {
	return &upstreamv1.PrometheusRule{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: s.name, UID: types.UID(s.name), Labels: map[string]string{"a": "b"}},
		Spec: upstreamv1.PrometheusRuleSpec{Groups: []upstreamv1.RuleGroup{{Name: "g", Rules: []upstreamv1.Rule{
			{Record: "job:up:sum", Expr: intstr.FromString(s.expr)},
			{Alert: "Down", Expr: intstr.FromString("up == 0"), Annotations: map[string]string{"text": s.text}},
		}}}},
	}
}

func (s spec) ours(generation int64) *v1.PrometheusRule {
	return &v1.PrometheusRule{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: s.name, UID: types.UID(s.name), Generation: generation},
		Spec: v1.PrometheusRuleSpec{Groups: []v1.RuleGroup{{Name: "g", Rules: []v1.Rule{
			{Record: "job:up:sum", Expr: ourintstr.FromString(s.expr)},
			{Alert: "Down", Expr: ourintstr.FromString("up == 0"), Annotations: map[string]string{"text": s.text}},
		}}}},
	}
}

func specs(n, textBytes int) []spec {
	out := make([]spec, n)
	for i := range out {
		out[i] = spec{name: fmt.Sprintf("rules-%06d", i), expr: "sum by (job) (up)", text: fmt.Sprintf("%0*d", textBytes, i)}
	}
	return out
}

// upstreamRules is upstream's selector and syncer over an informer's store and a fake API.
type upstreamRules struct {
	store    cache.Indexer
	selector *operator.PrometheusRuleSelector
	syncer   *operator.PrometheusRuleSyncer
	api      *fake.Clientset
}

type factory struct{ informer cache.SharedIndexInformer }

func (f factory) Namespaces() sets.Set[string] { return sets.New("") }

func (f factory) ForResource(string, schema.GroupVersionResource) (informers.InformLister, error) {
	return f, nil
}

func (f factory) Informer() cache.SharedIndexInformer { return f.informer }

func (f factory) Lister() cache.GenericLister {
	return cache.NewGenericLister(f.informer.GetIndexer(), schema.GroupResource{Resource: "prometheusrules"})
}

func newUpstream(t testing.TB, objects []spec) *upstreamRules {
	t.Helper()
	informer := cache.NewSharedIndexInformer(&cache.ListWatch{}, &upstreamv1.PrometheusRule{}, 0,
		cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	// The simple one, since upstream's syncer does not apply: keeping track of fields would be most of what is measured.
	u := &upstreamRules{store: informer.GetIndexer(), api: fake.NewSimpleClientset()}
	for _, s := range objects {
		u.set(t, s)
	}
	list, err := informers.NewInformersForResource(factory{informer}, schema.GroupVersionResource{Resource: "prometheusrules"})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	events := operator.NewEventRecorderFactory(false)(u.api, "bench")(&corev1.Pod{})
	u.selector, err = operator.NewPrometheusRuleSelector(operator.PrometheusFormat, "v3.16.0", &metav1.LabelSelector{},
		namespacelabeler.New("", nil, true), list, events, logger, parser.Options{})
	if err != nil {
		t.Fatal(err)
	}
	u.syncer = operator.NewPrometheusRuleSyncer(logger, "prometheus-main", u.api.CoreV1().ConfigMaps("monitoring"),
		labels.Set{"prometheus-name": "main"}, nil)
	return u
}

func (u *upstreamRules) set(t testing.TB, s spec) {
	t.Helper()
	if err := u.store.Update(s.upstream()); err != nil {
		t.Fatal(err)
	}
}

func (u *upstreamRules) generate(t testing.TB, want int) map[string]string {
	t.Helper()
	selected, err := u.selector.Select([]string{"team"})
	if err != nil || len(selected.RuleFiles()) != want {
		t.Fatalf("upstream made %d files of %d: %v", len(selected.RuleFiles()), want, err)
	}
	return selected.RuleFiles()
}

// sync writes what upstream generates and returns the number of ConfigMaps that were written.
func (u *upstreamRules) sync(t testing.TB, files map[string]string) int {
	t.Helper()
	u.api.ClearActions()
	if _, err := u.syncer.Sync(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	written := 0
	for _, action := range u.api.Actions() {
		if verb := action.GetVerb(); verb != "list" && verb != "get" {
			written++
		}
	}
	return written
}

// ourRules is promloop's planner over what it has written.
type ourRules struct {
	planner *rules.Planner
	objects []*v1.PrometheusRule
	owned   world.Owned
}

func newOurs(t testing.TB, objects []spec) *ourRules {
	t.Helper()
	limits := rules.DefaultLimits(shardCount)
	o := &ourRules{planner: rules.NewPlanner(limits)}
	for _, s := range objects {
		o.objects = append(o.objects, s.ours(1))
	}
	o.write(t, o.plan())
	return o
}

func (o *ourRules) plan() rules.Plan {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
	return o.planner.For(&world.World{
		Now: time.Unix(1_800_000_000, 0), Prometheus: p, Options: world.Options{RuleShards: shardCount}, Owned: o.owned,
	}, o.objects)
}

// write stores a plan and returns the number of ConfigMaps that were written, the manifest not counted.
func (o *ourRules) write(t testing.TB, pl rules.Plan) int {
	t.Helper()
	written := 0
	shards := map[string]*corev1.ConfigMap{}
	for _, cm := range o.owned.RuleShards {
		shards[cm.Name] = cm
	}
	for _, s := range pl.Shards {
		if s.Changed {
			written++
			name := world.RuleShardName("main", s.Index)
			shards[name] = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: name}, Data: s.Files}
		}
	}
	o.owned.RuleShards = nil
	for i := range shardCount {
		if cm := shards[world.RuleShardName("main", i)]; cm != nil {
			o.owned.RuleShards = append(o.owned.RuleShards, cm)
		}
	}
	data, err := pl.Manifest.Encode()
	if err != nil {
		t.Fatal(err)
	}
	o.owned.RulesManifest = &corev1.ConfigMap{Data: map[string]string{contract.ManifestKey: string(data)}}
	return written
}

// TestRatioOneChangeAmongTenThousand prints how much longer upstream works on one change, which regenerates all.
func TestRatioOneChangeAmongTenThousand(t *testing.T) {
	objects := specs(10_000, 400)
	theirs, ours := newUpstream(t, objects), newOurs(t, objects)

	theirs.generate(t, len(objects)) // warm
	changed := objects[4711]
	changed.expr = "sum by (job) (up) + 1"
	theirs.set(t, changed)
	start := time.Now()
	theirs.generate(t, len(objects))
	upstream := time.Since(start)

	const changes = 50
	start = time.Now()
	for i := range changes {
		at := (i * 7919) % len(objects)
		changed := objects[at]
		changed.expr = fmt.Sprintf("sum by (job) (up) + %d", i)
		ours.objects = append([]*v1.PrometheusRule(nil), ours.objects...)
		ours.objects[at] = changed.ours(int64(i) + 2)
		ours.write(t, ours.plan())
	}
	each := time.Since(start) / changes
	ratio := float64(upstream) / float64(each)
	fmt.Printf("ratio rules one-change-of-10000 upstream=%s promloop=%s x%.0f\n", upstream.Round(time.Millisecond), each.Round(time.Microsecond), ratio)
	if ratio < 100 {
		t.Errorf("one change among 10,000 must be at least 100 times cheaper than upstream's, got %.0f", ratio)
	}
}

// TestRatioConfigMapsPerInsertion prints how many ConfigMaps each writes for a new object with a random name.
func TestRatioConfigMapsPerInsertion(t *testing.T) {
	const insertions = 1000
	objects := specs(1500, 3000) // about nine of upstream's ConfigMaps
	theirs, ours := newUpstream(t, objects), newOurs(t, objects)
	theirs.sync(t, theirs.generate(t, len(objects)))
	random := rand.New(rand.NewPCG(1, 2))
	files := theirs.generate(t, len(objects))
	single := newUpstream(t, nil)
	var upstream, promloop int
	for i := range insertions {
		s := spec{name: fmt.Sprintf("rules-%06d-%03d", random.IntN(1500), i), expr: "up", text: fmt.Sprintf("%0*d", 3000, i)}
		// What upstream generates for the others does not change, so only the new file is generated here: the count is of writes.
		if err := single.store.Replace([]any{s.upstream()}, ""); err != nil {
			t.Fatal(err)
		}
		maps.Copy(files, single.generate(t, 1))
		upstream += theirs.sync(t, files)
		ours.insert(s)
		promloop += ours.write(t, ours.plan())
	}
	fmt.Printf("ratio rules configmaps-per-insertion upstream=%.2f promloop=%.2f\n",
		float64(upstream)/insertions, float64(promloop)/insertions)
	if promloop != insertions {
		t.Errorf("a new object is written to one ConfigMap: %d writes for %d insertions", promloop, insertions)
	}
}

func (o *ourRules) insert(s spec) {
	at := 0
	for at < len(o.objects) && o.objects[at].Name < s.name {
		at++
	}
	objects := append([]*v1.PrometheusRule(nil), o.objects[:at]...)
	o.objects = append(append(objects, s.ours(1)), o.objects[at:]...)
}
