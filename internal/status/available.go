package status

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// maxPodMessage bounds what a condition's message has of one pod, in bytes, so that there is room for others.
const maxPodMessage = 200

// shards are the StatefulSets of the shards that are asked for, by number, nil where there is none. Those that are only kept for their
// data are not among them.
func shards(w *world.World) []*appsv1.StatefulSet {
	out := make([]*appsv1.StatefulSet, world.Shards(w.Prometheus))
	for _, set := range w.Owned.StatefulSets {
		if shard := world.ShardOf(w.Prometheus.Name, set.Name); shard >= 0 && shard < len(out) {
			out[shard] = set
		}
	}
	return out
}

// count counts the pods of each shard and of all.
func count(st *v1.PrometheusStatus, w *world.World) {
	wanted := int32(world.Replicas(w.Prometheus))
	for shard, set := range shards(w) {
		one := v1.ShardStatus{ShardID: strconv.Itoa(shard), UnavailableReplicas: wanted}
		if set != nil {
			one.Replicas, one.UpdatedReplicas = set.Status.Replicas, set.Status.UpdatedReplicas
			one.AvailableReplicas = set.Status.AvailableReplicas
			one.UnavailableReplicas = max(0, wanted-set.Status.AvailableReplicas)
		}
		st.ShardStatuses = append(st.ShardStatuses, one)
		st.Replicas += one.Replicas
		st.UpdatedReplicas += one.UpdatedReplicas
		st.AvailableReplicas += one.AvailableReplicas
		st.UnavailableReplicas += one.UnavailableReplicas
	}
}

// available judges each shard alone, since none scrapes the targets of another. The worst is the status, and the reasons are put
// together, as upstream does.
func available(w *world.World) v1.Condition {
	c := v1.Condition{Type: v1.Available, Status: v1.ConditionTrue}
	var reasons, messages []string
	for shard, set := range shards(w) {
		one := availableShard(w, shard, set)
		if one.Status == v1.ConditionTrue {
			continue
		}
		if c.Status != v1.ConditionFalse {
			c.Status = one.Status
		}
		reasons, messages = append(reasons, one.Reason), append(messages, one.Message)
	}
	slices.Sort(reasons)
	c.Reason, c.Message = strings.Join(slices.Compact(reasons), and), strings.Join(messages, "; ")
	return c
}

func availableShard(w *world.World, shard int, set *appsv1.StatefulSet) v1.Condition {
	if set == nil {
		return v1.Condition{
			Status: v1.ConditionFalse, Reason: StatefulSetNotFound,
			Message: fmt.Sprintf("shard %d: StatefulSet %s does not exist", shard, world.StatefulSetName(w.Prometheus.Name, shard)),
		}
	}
	c, ready, wanted := v1.Condition{Status: v1.ConditionTrue}, int(set.Status.AvailableReplicas), world.Replicas(w.Prometheus)
	switch {
	case ready >= wanted:
		return c
	case ready > 0:
		c.Status, c.Reason = v1.ConditionDegraded, SomePodsNotReady
	default:
		c.Status, c.Reason = v1.ConditionFalse, NoPodReady
	}
	told := []string{fmt.Sprintf("shard %d: %d of %d pods are available", shard, ready, wanted)}
	for _, pod := range w.Pods {
		if words := ownWords(pod); words != "" && metav1.IsControlledBy(pod, set) {
			told = append(told, pod.Name+": "+cut(words, maxPodMessage))
		}
	}
	c.Message = strings.Join(told, "; ")
	return c
}

// ownWords say why a pod is not ready: those of the first of its steps that it has not come to.
func ownWords(pod *corev1.Pod) string {
	for _, step := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		for _, c := range pod.Status.Conditions {
			if c.Type == step && c.Status == corev1.ConditionFalse {
				return c.Message
			}
		}
	}
	return ""
}
