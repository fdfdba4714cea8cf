package workload

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/internal/world"
)

// Stuck lists the pods that hold up a rollout for good, one of each StatefulSet: the one that would be replaced first.
func Stuck(w *world.World) []*corev1.Pod {
	var out []*corev1.Pod
	for _, sts := range w.Owned.StatefulSets {
		var last *corev1.Pod
		for _, pod := range w.Pods {
			if stuck(pod, sts) && (last == nil || world.Ordinal(pod) > world.Ordinal(last)) {
				last = pod
			}
		}
		if last != nil {
			out = append(out, last)
		}
	}
	return out
}

// stuck reports whether a pod is not ready and runs neither the template that the StatefulSet comes from nor the one it goes to, so that
// the StatefulSet's own controller waits for it. Source: Kubernetes issue 67250. One of the former may just need time to start.
func stuck(pod *corev1.Pod, sts *appsv1.StatefulSet) bool {
	now := &sts.Status
	return metav1.IsControlledBy(pod, sts) && !world.PodReady(pod) && rollsItself(sts) &&
		now.ObservedGeneration >= sts.Generation && now.UpdateRevision != "" &&
		!slices.Contains([]string{now.CurrentRevision, now.UpdateRevision}, pod.Labels[appsv1.ControllerRevisionHashLabelKey])
}
