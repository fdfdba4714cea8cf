package controllers

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

var main0 = types.NamespacedName{Namespace: "n", Name: "main"}

func TestAQuestionIsAnsweredOrSuperseded(t *testing.T) {
	t.Parallel()
	a := &asker{wants: make(chan string, 1), changed: func() {}}
	silent := func(context.Context, string) (*contract.Loaded, error) {
		return &contract.Loaded{Loaded: "a"}, errPlanted
	}
	if answer, newer := a.once(t.Context(), "a", silent); answer != nil || newer != "" {
		t.Errorf("no answer is unknown, whatever came with the error: %+v, %q", answer, newer)
	}
	hangs := func(ctx context.Context, _ string) (*contract.Loaded, error) { <-ctx.Done(); return nil, ctx.Err() }
	a.wantNow("b")
	if answer, newer := a.once(t.Context(), "a", hangs); answer != nil || newer != "b" {
		t.Errorf("what is wanted now ends the question for what was: %+v, %q", answer, newer)
	}
}

func TestPodsThatAreGoneAreAskedNoMore(t *testing.T) {
	t.Parallel()
	r := newReporter(Access{})
	defer r.end()
	ended := false
	r.asks[main0] = map[question]*asker{{pod: "gone"}: {end: func() { ended = true }}}
	r.ask(main0, nil, delivery.Wanted{}, certificate{})
	if !ended || len(r.asks) > 0 {
		t.Errorf("the question goes on: ended %v, %d left", ended, len(r.asks))
	}
}

func TestAPodIsAskedAnewWhenAContainerRestarted(t *testing.T) {
	t.Parallel()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: main0.Namespace, Labels: map[string]string{podLabel: main0.Name}, UID: "a"}}
	pod.Status.PodIP, pod.Status.ContainerStatuses = "127.0.0.1", []corev1.ContainerStatus{{Name: "prometheus"}}
	r := newReporter(Access{})
	defer r.end()
	loaded := &contract.Loaded{Loaded: "a"}
	r.asks[main0] = map[question]*asker{questionOf(pod, contract.Config): {answer: loaded}}
	if got := r.of([]*corev1.Pod{pod})[pod.Name].Config; got != loaded {
		t.Errorf("got %+v, want what was answered", got)
	}
	pod.Status.ContainerStatuses[0].RestartCount++
	if got := r.of([]*corev1.Pod{pod})[pod.Name].Config; got != nil {
		t.Errorf("what Prometheus had loaded before it started anew does not count: %+v", got)
	}
}

func TestAChangeIsTimedUntilItIsLoaded(t *testing.T) {
	t.Parallel()
	c, began := newChanges(), time.Now()
	c.noticed(main0, 2, began)
	c.noticed(main0, 2, began.Add(time.Second)) // the same one once more
	c.loaded("PrometheusRule", main0, 1, began.Add(2*time.Second))
	if age, ok := c.since(main0, began.Add(3*time.Second)); !ok || age != 3*time.Second {
		t.Errorf("the form before it was loaded, and the time runs since the change: %s, %v", age, ok)
	}
	c.loaded("PrometheusRule", main0, 2, began.Add(4*time.Second))
	if _, ok := c.since(main0, began.Add(5*time.Second)); ok {
		t.Error("the time runs on")
	}
}

func TestStandingsAreCompleteWhenAllHaveSpoken(t *testing.T) {
	t.Parallel()
	rule := world.Object{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: "n", Name: "r"}}
	s := NewStandings()
	all := []v1.Prometheus{{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "main"}}, {ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "other"}}}
	s.tell(t.Context(), main0, map[world.Object]status.Standing{rule: {Generation: 1}})
	if standings, silent := s.of(rule, all); len(silent) != 1 || len(standings) != 1 {
		t.Errorf("the other one may select it, too: %v, %v", standings, silent)
	}
	s.tell(t.Context(), types.NamespacedName{Namespace: "n", Name: "other"}, map[world.Object]status.Standing{})
	if standings, silent := s.of(rule, all); len(silent) != 0 || len(standings) != 1 {
		t.Errorf("the other one does not select it: %v, %v", standings, silent)
	}
	if told := len(s.channels[world.PrometheusRule]); told != 1 {
		t.Errorf("its status is looked at %d times", told)
	}
}

func TestATurnIsTakenOnce(t *testing.T) {
	t.Parallel()
	turns, now := newTurns(rate.NewLimiter(1, 1)), time.Now()
	first, second := types.NamespacedName{Name: "first"}, types.NamespacedName{Name: "second"}
	for _, step := range []struct {
		reason string
		object types.NamespacedName
		after  time.Duration
		want   time.Duration
	}{
		{"nobody is before it", first, 0, 0},
		{"one is", second, 0, time.Second},
		{"asking again costs no place", second, 500 * time.Millisecond, 500 * time.Millisecond},
		{"it is its turn", second, time.Second, 0},
		{"the next change waits anew", second, time.Second, time.Second},
	} {
		if got := turns.wait(step.object, now.Add(step.after)); got.Round(time.Millisecond) != step.want {
			t.Errorf("%s: waits %s, want %s", step.reason, got, step.want)
		}
	}
}

func TestAnotherKeyOfAnObjectThatIsKept(t *testing.T) {
	t.Parallel()
	reads := 0
	c := fake.NewClientBuilder().WithObjects(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "s"}, Data: map[string][]byte{"a": []byte("1"), "b": []byte("2")},
	}).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if _, content := o.(*corev1.Secret); content {
				reads++
			}
			return c.Get(ctx, key, o, opts...)
		},
	}).Build()
	store := newValueStore(c, c)
	ref := func(key string) world.Reference {
		return world.Reference{Source: world.FromSecret, Namespace: "n", Name: "s", Key: key}
	}
	for i, step := range []struct {
		keys  []string
		reads int
	}{{[]string{"a"}, 1}, {[]string{"a"}, 1}, {[]string{"a", "b"}, 2}, {[]string{"b"}, 2}} {
		var refs []world.Reference
		for _, key := range step.keys {
			refs = append(refs, ref(key))
		}
		values := store.read(t.Context(), main0, refs)
		for _, r := range refs {
			if _, err := values.Get(r); err != nil {
				t.Errorf("step %d: %v", i, err)
			}
		}
		if reads != step.reads {
			t.Errorf("step %d: the Secret was read %d times, want %d: once per change and new key", i, reads, step.reads)
		}
	}
}

// A state that passes by itself within a second is not worth a write.
func TestWhatPassesIsNotWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r", Generation: 1}}
		p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "main"}}
		writes := 0
		c := onStatusWrite(t, func() { writes++ }, rule, p)
		standings := NewStandings()
		object := world.Object{Kind: world.PrometheusRule, NamespacedName: client.ObjectKeyFromObject(rule)}
		standings.by[main0] = map[world.Object]status.Standing{object: {Generation: 1, Loaded: metav1.ConditionFalse}}
		r, _ := ruleReconciler(c, standings, rate.Inf, 1)
		request := ctrl.Request{NamespacedName: object.NamespacedName}
		result, err := r.Reconcile(t.Context(), request)
		if err != nil || result.RequeueAfter != transientFor || writes != 0 {
			t.Fatalf("it is looked at again after %s and was written %d times: %v", result.RequeueAfter, writes, err)
		}
		<-time.After(result.RequeueAfter)
		if _, err := r.Reconcile(t.Context(), request); err != nil || writes != 1 {
			t.Errorf("it lasts, and was written %d times: %v", writes, err)
		}
	})
}

func TestStatefulSetsAreInTheOrderOfTheirShards(t *testing.T) {
	t.Parallel()
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "main", UID: "1"}}
	c := fake.NewClientBuilder()
	var want, got []string
	for shard := range 12 {
		name := world.StatefulSetName("main", shard)
		c.WithObjects(&appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{
			Namespace: "n", Name: name, OwnerReferences: []metav1.OwnerReference{{UID: "1", Controller: new(true)}},
		}})
		want = append(want, name)
	}
	w := &world.World{Prometheus: p}
	if err := (&observer{cached: c.Build()}).ownedWorkloads(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	for _, sts := range w.Owned.StatefulSets {
		got = append(got, sts.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what a shard is called says where it stands (-want +got):\n%s", diff)
	}
}

func TestEveryKindThatIsSelectedIsWatched(t *testing.T) {
	t.Parallel()
	want, got := slices.Sorted(slices.Values(world.Selectable)), slices.Sorted(maps.Keys(selectableKinds()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

func TestWhatIsBeingDeletedIsNotSeen(t *testing.T) {
	t.Parallel()
	at := func(namespace, name string) v1.PrometheusRule {
		return v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	}
	dying := at("a", "dying")
	dying.DeletionTimestamp = new(metav1.Now())
	var got []string
	for _, r := range living([]v1.PrometheusRule{at("b", "a"), dying, at("a", "c"), at("a", "b")}) {
		got = append(got, r.Namespace+"/"+r.Name)
	}
	if diff := cmp.Diff([]string{"a/b", "a/c", "b/a"}, got); diff != "" {
		t.Errorf("the rest is in order (-want +got):\n%s", diff)
	}
}

func TestStatusCatchesUpWithACacheThatIsBehind(t *testing.T) {
	t.Parallel()
	at := func(version, uid string, replicas int32) *v1.Prometheus {
		p := &v1.Prometheus{}
		p.ResourceVersion, p.UID = version, types.UID(uid)
		p.Status.Replicas = replicas
		return p
	}
	for _, tc := range []struct {
		reason  string
		written *v1.Prometheus
		cached  *v1.Prometheus
		want    int32
	}{
		{"nothing was written yet", nil, at("5", "a", 1), 1},
		{"the cache shows the object before the write", at("12", "a", 2), at("5", "a", 1), 2},
		{"the cache shows the write", at("12", "a", 2), at("12", "a", 2), 2},
		{"somebody wrote after us", at("12", "a", 2), at("13", "a", 3), 3},
		{"versions are numbers, not text", at("10", "a", 2), at("9", "a", 1), 2},
		{"another object has the name now", at("12", "a", 2), at("5", "b", 1), 1},
	} {
		(&memory{written: tc.written}).catchUp(tc.cached)
		if got := tc.cached.Status.Replicas; got != tc.want {
			t.Errorf("%s: %d replicas, want %d", tc.reason, got, tc.want)
		}
	}
}
