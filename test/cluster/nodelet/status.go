package nodelet

import (
	"errors"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// observed is everything that a pod's status says, apart from the spec.
type observed struct {
	Now        time.Time
	IP         string // "" before the pod has one
	Ending     bool
	Trouble    error
	Containers map[string]*container
	Progress   map[string]progress
}

// podStatus returns the status of a pod. It keeps what others wrote, and the times of conditions that stay.
func podStatus(pod *corev1.Pod, o observed) corev1.PodStatus {
	status := *pod.Status.DeepCopy()
	status.InitContainerStatuses = initStatuses(pod, o)
	status.ContainerStatuses = mainStatuses(pod, o)
	status.Phase = phase(pod, o)
	status.ObservedGeneration = pod.Generation
	if status.StartTime == nil {
		now := metav1.NewTime(o.Now)
		status.StartTime = &now
	}
	status.HostIP, status.HostIPs = NodeIP, []corev1.HostIP{{IP: NodeIP}}
	if o.IP != "" {
		status.PodIP, status.PodIPs = o.IP, []corev1.PodIP{{IP: o.IP}}
	}
	status.Message = ""
	if o.Trouble != nil && !errors.Is(o.Trouble, errVolumesPending) {
		status.Message = o.Trouble.Error()
	}
	setConditions(pod, &status, o)
	return status
}

func phase(pod *corev1.Pod, o observed) corev1.PodPhase {
	if !initialized(pod, o.Progress) {
		for _, c := range pod.Spec.InitContainers {
			p := o.Progress[c.Name]
			if p.Ended && p.Code != 0 && !sidecar(c) && retryPolicy(pod) == corev1.RestartPolicyNever {
				return corev1.PodFailed
			}
		}
		return corev1.PodPending
	}
	begun, ended, failed := 0, 0, 0
	for _, c := range pod.Spec.Containers {
		p := o.Progress[c.Name]
		if p.Running || p.Ended {
			begun++
		}
		if _, again := startTime(p, pod.Spec.RestartPolicy, Rhythm{}); p.Ended && (!again || o.Ending) {
			ended++
			if p.Code != 0 {
				failed++
			}
		}
	}
	switch all := len(pod.Spec.Containers); {
	case begun < all && !o.Ending:
		return corev1.PodPending
	case ended == all && failed > 0:
		return corev1.PodFailed
	case ended == all:
		return corev1.PodSucceeded
	}
	return corev1.PodRunning
}

func setConditions(pod *corev1.Pod, status *corev1.PodStatus, o observed) {
	unready := unreadyContainers(pod, o)
	ready := len(unready) == 0
	why := ""
	if !ready {
		why = "containers with unready status: [" + strings.Join(unready, " ") + "]"
	}
	gates := ready && gatesOpen(pod)
	for _, c := range []struct {
		kind   corev1.PodConditionType
		holds  bool
		reason string
	}{
		{corev1.PodReadyToStartContainers, o.IP != "", ""},
		{corev1.PodScheduled, true, ""},
		{corev1.PodInitialized, initialized(pod, o.Progress), "ContainersNotInitialized"},
		{corev1.ContainersReady, ready, "ContainersNotReady"},
		{corev1.PodReady, gates, "ContainersNotReady"},
	} {
		condition := corev1.PodCondition{Type: c.kind, Status: corev1.ConditionTrue, ObservedGeneration: pod.Generation}
		if !c.holds {
			condition.Status, condition.Reason, condition.Message = corev1.ConditionFalse, c.reason, why
		}
		setCondition(status, condition, o.Now)
	}
}

func setCondition(status *corev1.PodStatus, c corev1.PodCondition, now time.Time) {
	c.LastTransitionTime = metav1.NewTime(now)
	i := slices.IndexFunc(status.Conditions, func(old corev1.PodCondition) bool { return old.Type == c.Type })
	if i < 0 {
		status.Conditions = append(status.Conditions, c)
		return
	}
	if old := status.Conditions[i]; old.Status == c.Status {
		c.LastTransitionTime = old.LastTransitionTime
	}
	status.Conditions[i] = c
}

func unreadyContainers(pod *corev1.Pod, o observed) []string {
	var names []string
	for _, c := range pod.Spec.Containers {
		if state := o.Containers[c.Name]; state == nil || !state.ready {
			names = append(names, c.Name)
		}
	}
	return names
}

// gatesOpen tells whether every readiness gate's condition, which others write, holds.
func gatesOpen(pod *corev1.Pod) bool {
	for _, gate := range pod.Spec.ReadinessGates {
		if !slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == gate.ConditionType && c.Status == corev1.ConditionTrue
		}) {
			return false
		}
	}
	return true
}
