package nodelet

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func mainStatuses(pod *corev1.Pod, o observed) []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	for _, spec := range pod.Spec.Containers {
		statuses = append(statuses, containerStatus(spec, pod.Spec.RestartPolicy, o))
	}
	return statuses
}

func initStatuses(pod *corev1.Pod, o observed) []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	for _, spec := range pod.Spec.InitContainers {
		policy := retryPolicy(pod)
		if sidecar(spec) {
			policy = corev1.RestartPolicyAlways
		}
		status := containerStatus(spec, policy, o)
		if t := status.State.Terminated; t != nil && t.ExitCode == 0 && !sidecar(spec) {
			status.Ready = true
		}
		statuses = append(statuses, status)
	}
	return statuses
}

func containerStatus(spec corev1.Container, policy corev1.RestartPolicy, o observed) corev1.ContainerStatus {
	status := corev1.ContainerStatus{Name: spec.Name, Image: spec.Image}
	c, p := o.Containers[spec.Name], o.Progress[spec.Name]
	started := c != nil && c.started && p.Running
	status.Started = &started
	if c == nil || c.instance == nil {
		status.State.Waiting = waiting(c, o)
		return status
	}
	status.Ready = c.ready && p.Running
	status.RestartCount = int32(c.restarts)
	status.ImageID = "nodelet://" + spec.Image
	status.ContainerID = fmt.Sprintf("nodelet://%s/%d", spec.Name, c.restarts)
	_, again := startTime(p, policy, Rhythm{})
	switch {
	case p.Running:
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.instance.started)}
		status.LastTerminationState.Terminated = terminated(c.previous)
	case again && !o.Ending:
		status.State.Waiting = backingOff(c)
		status.LastTerminationState.Terminated = terminated(c.instance)
	default:
		status.State.Terminated = terminated(c.instance)
		status.LastTerminationState.Terminated = terminated(c.previous)
	}
	return status
}

// waiting says why a container has not been started yet.
func waiting(c *container, o observed) *corev1.ContainerStateWaiting {
	if c != nil && c.trouble != nil {
		return startTrouble(c.trouble)
	}
	if o.Trouble == nil && len(o.Progress) > 0 {
		return &corev1.ContainerStateWaiting{Reason: "PodInitializing"}
	}
	return &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
}

func backingOff(c *container) *corev1.ContainerStateWaiting {
	if c.trouble != nil {
		return startTrouble(c.trouble)
	}
	return &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff",
		Message: fmt.Sprintf("ended with code %d, restarted %d times before", c.instance.code, c.restarts)}
}

func startTrouble(err error) *corev1.ContainerStateWaiting {
	reason := "CreateContainerError"
	if _, ok := errors.AsType[imageError](err); ok {
		reason = "ErrImagePull"
	}
	return &corev1.ContainerStateWaiting{Reason: reason, Message: err.Error()}
}

func terminated(i *instance) *corev1.ContainerStateTerminated {
	if i == nil {
		return nil
	}
	t := &corev1.ContainerStateTerminated{ExitCode: i.code, Signal: i.signal, Reason: "Completed",
		StartedAt: metav1.NewTime(i.started), FinishedAt: metav1.NewTime(i.ended)}
	if i.code != 0 {
		t.Reason = "Error"
	}
	return t
}
