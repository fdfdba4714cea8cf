package workload

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/internal/world"
)

// Stuck lists the pods that hold up a rollout for good: they run an older template, are not ready, and the StatefulSet's own
// controller waits for them before it goes on to the newer one. Source: Kubernetes issue 67250.
func Stuck(w *world.World) []*corev1.Pod {
	var out []*corev1.Pod
	for _, pod := range w.Pods {
		i := slices.IndexFunc(w.Owned.StatefulSets, func(sts *appsv1.StatefulSet) bool { return metav1.IsControlledBy(pod, sts) })
		if i < 0 || world.PodReady(pod) {
			continue
		}
		sts := w.Owned.StatefulSets[i]
		if rollsItself(sts) && sts.Status.ObservedGeneration >= sts.Generation && sts.Status.UpdateRevision != "" &&
			pod.Labels[appsv1.ControllerRevisionHashLabelKey] != sts.Status.UpdateRevision {
			out = append(out, pod)
		}
	}
	return out
}
