package workload

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/world"
)

func TestStuck(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		revision string
		ready    corev1.ConditionStatus
		change   func(*appsv1.StatefulSet)
		want     int
	}{
		"OldAndNotReady": {reason: "the rollout waits for it for ever", revision: "old", ready: corev1.ConditionFalse, want: 1},
		"OldAndReady":    {reason: "its turn comes", revision: "old", ready: corev1.ConditionTrue},
		"NewAndNotReady": {reason: "another pod of the same template would be no better", revision: "new", ready: corev1.ConditionFalse},
		"NotObserved": {
			reason: "the revision that counts is not known yet", revision: "old", ready: corev1.ConditionFalse,
			change: func(s *appsv1.StatefulSet) { s.Generation = 9 },
		},
		"OnDelete": {
			reason: "the user said who deletes pods", revision: "old", ready: corev1.ConditionFalse,
			change: func(s *appsv1.StatefulSet) { s.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{UID: "1", Generation: 2}}
			sts.Status.ObservedGeneration, sts.Status.UpdateRevision = 2, "new"
			if tc.change != nil {
				tc.change(sts)
			}
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
				Labels:          map[string]string{appsv1.ControllerRevisionHashLabelKey: tc.revision},
				OwnerReferences: []metav1.OwnerReference{{UID: "1", Controller: ptr.To(true)}},
			}}
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: tc.ready}}
			w := &world.World{Pods: []*corev1.Pod{pod}, Owned: world.Owned{StatefulSets: []*appsv1.StatefulSet{sts}}}
			if got := Stuck(w); len(got) != tc.want {
				t.Errorf("%s: %d pods are stuck, want %d", tc.reason, len(got), tc.want)
			}
		})
	}
}
