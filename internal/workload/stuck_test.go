package workload

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/world"
)

// podsOf makes the pods of a StatefulSet by the revision that each of its ordinals runs; one that is not ready has a ! behind its revision.
func podsOf(statefulSet string, revisions ...string) []*corev1.Pod {
	var out []*corev1.Pod
	for ordinal, revision := range revisions {
		ready := corev1.ConditionTrue
		if n := len(revision) - 1; revision[n] == '!' {
			revision, ready = revision[:n], corev1.ConditionFalse
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Name:            fmt.Sprintf("%s-%d", statefulSet, ordinal),
			Labels:          map[string]string{appsv1.ControllerRevisionHashLabelKey: revision},
			OwnerReferences: []metav1.OwnerReference{{UID: types.UID(statefulSet), Controller: ptr.To(true)}},
		}}
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}
		out = append(out, pod)
	}
	return out
}

func TestStuck(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		pods   []string // of shard 0, as podsOf takes them; the StatefulSet goes from "now" to "next"
		shard1 []string
		change func(*appsv1.StatefulSet)
		want   []string
	}{
		"BetweenAndNotReady": {reason: "it runs what was tried between the two, and the rollout waits for it for ever", pods: []string{"tried!"}, want: []string{"a-0"}},
		"BetweenAndReady":    {reason: "its turn comes", pods: []string{"tried"}},
		"NowAndNotReady":     {reason: "it may replay its write-ahead log, and its turn comes", pods: []string{"now!"}},
		"NextAndNotReady":    {reason: "another pod of the same template would be no better", pods: []string{"next!"}},
		"OneAtATime":         {reason: "the others are judged anew once its successor is there", pods: []string{"tried!", "now", "tried!"}, want: []string{"a-2"}},
		"ByNumber":           {reason: "a rollout goes from the highest ordinal down, and 10 is higher than 9", pods: append(slices.Repeat([]string{"now"}, 9), "tried!", "tried!"), want: []string{"a-10"}},
		"EachShard":          {reason: "shards roll out side by side", pods: []string{"tried!"}, shard1: []string{"tried!", "now"}, want: []string{"a-0", "b-0"}},
		"NotObserved": {
			reason: "the revision that counts is not known yet", pods: []string{"tried!"},
			change: func(s *appsv1.StatefulSet) { s.Generation = 9 },
		},
		"OnDelete": {
			reason: "the user said who deletes pods", pods: []string{"tried!"},
			change: func(s *appsv1.StatefulSet) { s.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world.World{Pods: append(podsOf("a", tc.pods...), podsOf("b", tc.shard1...)...)}
			for _, name := range []string{"a", "b"} {
				sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Generation: 2}}
				sts.Status = appsv1.StatefulSetStatus{ObservedGeneration: 2, CurrentRevision: "now", UpdateRevision: "next"}
				if tc.change != nil {
					tc.change(sts)
				}
				w.Owned.StatefulSets = append(w.Owned.StatefulSets, sts)
			}
			var got []string
			for _, pod := range Stuck(w) {
				got = append(got, pod.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
