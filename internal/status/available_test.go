package status

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/world"
)

// shardsOf is a Prometheus of two replicas and as many shards as numbers: how many pods of each are available, -1 where its StatefulSet
// is missing.
func shardsOf(available ...int32) *world.World {
	w := someWorld(2)
	w.Prometheus.Spec.Shards = new(int32(len(available)))
	w.Owned.StatefulSets = nil
	for shard, ready := range available {
		if ready >= 0 {
			addShard(w, shard, ready)
		}
	}
	return w
}

func addShard(w *world.World, shard int, available int32) {
	name := world.StatefulSetName(w.Prometheus.Name, shard)
	sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	sts.Spec.Replicas, sts.Spec.Selector = new(int32(2)), &metav1.LabelSelector{}
	sts.Status = appsv1.StatefulSetStatus{Replicas: 2, UpdatedReplicas: 1, AvailableReplicas: available}
	w.Owned.StatefulSets = append(w.Owned.StatefulSets, sts)
}

// addPod adds a pod of the last shard with these conditions, each False.
func addPod(w *world.World, name string, conditions ...corev1.PodCondition) {
	owner := w.Owned.StatefulSets[len(w.Owned.StatefulSets)-1]
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}}
	pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))}
	for _, c := range conditions {
		c.Status = corev1.ConditionFalse
		pod.Status.Conditions = append(pod.Status.Conditions, c)
	}
	w.Pods = append(w.Pods, pod)
}

// A target is scraped by one shard, so the pods of another one don't make up for it.
func TestEveryShardHasToBeAvailable(t *testing.T) {
	t.Parallel()
	retained := shardsOf(2)
	addShard(retained, 4, 0)
	cases := map[string]struct {
		reason string
		world  *world.World
		want   string
	}{
		"All":          {"every pod of every shard is there", shardsOf(2, 2), "True/"},
		"Some":         {"each shard has a pod that scrapes", shardsOf(2, 1), "Degraded/SomePodsNotReady"},
		"OneIsDown":    {"nobody scrapes the targets of the second shard", shardsOf(2, 0), "False/NoPodReady"},
		"DownAndSome":  {"all that is wrong is told", shardsOf(1, 0), "False/NoPodReadyAndSomePodsNotReady"},
		"OneIsMissing": {"a shard without a StatefulSet has no pods", shardsOf(2, -1), "False/StatefulSetNotFound"},
		"AllAreAway":   {"the one and the other", shardsOf(-1, 0), "False/NoPodReadyAndStatefulSetNotFound"},
		"Retained":     {"a shard that is kept for its data is asked for by nobody", retained, "True/"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := conditionOf(For(tc.world, plan.Plan{}, nil), v1.Available)
			if got := string(c.Status) + "/" + c.Reason; got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
			if (c.Message == "") != (c.Status == v1.ConditionTrue) {
				t.Errorf("%s: whoever is not available says why: %q", tc.reason, c.Message)
			}
		})
	}
}

func TestAvailableTellsThePodsOwnWords(t *testing.T) {
	t.Parallel()
	w := shardsOf(-1, 2, 0)
	addPod(w, "prometheus-main-shard-2-0",
		corev1.PodCondition{Type: corev1.PodReady, Message: "its containers are not"},
		corev1.PodCondition{Type: corev1.PodScheduled, Message: "0/3 nodes are available"})
	addPod(w, "prometheus-main-shard-2-1")
	want := "shard 0: StatefulSet prometheus-main does not exist; shard 2: 0 of 2 pods are available; " +
		"prometheus-main-shard-2-0: 0/3 nodes are available"
	if got := conditionOf(For(w, plan.Plan{}, nil), v1.Available).Message; got != want {
		t.Errorf("what comes first holds up the rest\n got %q\nwant %q", got, want)
	}
}

func TestNoPodDrownsTheOthersOut(t *testing.T) {
	t.Parallel()
	w := shardsOf(0)
	addPod(w, "prometheus-main-0", corev1.PodCondition{Type: corev1.PodScheduled, Message: strings.Repeat("é", 4000)})
	addPod(w, "prometheus-main-1", corev1.PodCondition{Type: corev1.PodScheduled, Message: "no volume"})
	got := conditionOf(For(w, plan.Plan{}, nil), v1.Available).Message
	if !strings.HasSuffix(got, "prometheus-main-1: no volume") || len(got) > maxMessage {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// What is counted is what is asked for: a shard that is missing is told, and one that is only kept for its data is not.
func TestPodsAreCountedOfTheShardsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	w := shardsOf(2, -1, 1)
	addShard(w, 7, 2)
	w.Owned.StatefulSets = append(w.Owned.StatefulSets, &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "own"}})
	got := For(w, plan.Plan{}, nil)
	want := v1.PrometheusStatus{
		Replicas: 4, UpdatedReplicas: 2, AvailableReplicas: 3, UnavailableReplicas: 3,
		ShardStatuses: []v1.ShardStatus{
			{ShardID: "0", Replicas: 2, UpdatedReplicas: 1, AvailableReplicas: 2},
			{ShardID: "1", UnavailableReplicas: 2},
			{ShardID: "2", Replicas: 2, UpdatedReplicas: 1, AvailableReplicas: 1, UnavailableReplicas: 1},
		},
	}
	got = v1.PrometheusStatus{
		Replicas: got.Replicas, UpdatedReplicas: got.UpdatedReplicas, AvailableReplicas: got.AvailableReplicas,
		UnavailableReplicas: got.UnavailableReplicas, ShardStatuses: got.ShardStatuses,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
