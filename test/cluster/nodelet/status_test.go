package nodelet

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// seen is an instance that runs, or that ended with a code.
func seen(now time.Time, code int32, running bool) *instance {
	i := &instance{started: now.Add(-time.Minute), ended: now, code: code, done: make(chan struct{})}
	if !running {
		close(i.done)
	}
	return i
}

func TestPodStatus(t *testing.T) {
	now := time.Unix(1000, 0)
	up := func(ready bool) *container {
		return &container{instance: seen(now, 0, true), started: true, ready: ready}
	}
	down := func(code int32) *container { return &container{instance: seen(now, code, false)} }
	type summary struct {
		Phase corev1.PodPhase
		Ready corev1.ConditionStatus
		State string // of container a
	}
	cases := map[string]struct {
		reason     string
		policy     corev1.RestartPolicy
		ending     bool
		containers map[string]*container
		trouble    error
		want       summary
	}{
		"New":         {reason: "nothing has started", want: summary{corev1.PodPending, "False", "ContainerCreating"}},
		"OneMissing":  {reason: "pending until every container has started once", containers: map[string]*container{"a": up(true)}, want: summary{corev1.PodPending, "False", "running"}},
		"AllReady":    {reason: "ready with all containers", containers: map[string]*container{"a": up(true), "b": up(true)}, want: summary{corev1.PodRunning, "True", "running"}},
		"OneNotReady": {reason: "not ready with one that is not", containers: map[string]*container{"a": up(true), "b": up(false)}, want: summary{corev1.PodRunning, "False", "running"}},
		"Crashed":     {reason: "what will be restarted waits", containers: map[string]*container{"a": down(1), "b": up(true)}, want: summary{corev1.PodRunning, "False", "CrashLoopBackOff"}},
		"Completed":   {reason: "all ended well for good", policy: corev1.RestartPolicyNever, containers: map[string]*container{"a": down(0), "b": down(0)}, want: summary{corev1.PodSucceeded, "False", "Completed"}},
		"Failed":      {reason: "one failure fails the pod", policy: corev1.RestartPolicyNever, containers: map[string]*container{"a": down(0), "b": down(1)}, want: summary{corev1.PodFailed, "False", "Completed"}},
		"Ending":      {reason: "what ends with its pod is not waiting", ending: true, containers: map[string]*container{"a": down(143), "b": up(true)}, want: summary{corev1.PodRunning, "False", "Error"}},
		"CantStart": {reason: "the container says why", containers: map[string]*container{"a": {trouble: imageError{errors.New("no image")}}},
			want: summary{corev1.PodPending, "False", "ErrImagePull"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pod := planned(tc.policy)
			pod.Spec.InitContainers = nil
			w := worker{containers: tc.containers}
			got := podStatus(pod, observed{Now: now, IP: "198.18.0.9", Ending: tc.ending, Trouble: tc.trouble,
				Containers: tc.containers, Progress: w.progress()})
			have := summary{got.Phase, conditionOf(got, corev1.PodReady).Status, stateOf(got.ContainerStatuses[0])}
			if diff := cmp.Diff(tc.want, have); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPodStatusKeepsTimesOfWhatStays(t *testing.T) {
	pod, early := planned(""), time.Unix(1000, 0)
	pod.Status = podStatus(pod, observed{Now: early})
	late := podStatus(pod, observed{Now: early.Add(time.Hour), IP: "198.18.0.9"})
	if got := conditionOf(late, corev1.PodReady).LastTransitionTime; !got.Equal(&metav1.Time{Time: early}) {
		t.Errorf("a condition that stays False has transitioned at %v", got)
	}
	if got := conditionOf(late, corev1.PodReadyToStartContainers).LastTransitionTime; !got.Equal(&metav1.Time{Time: early.Add(time.Hour)}) {
		t.Errorf("a condition that became True has transitioned at %v", got)
	}
}

func conditionOf(s corev1.PodStatus, kind corev1.PodConditionType) corev1.PodCondition {
	for _, c := range s.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return corev1.PodCondition{}
}

func stateOf(s corev1.ContainerStatus) string {
	switch {
	case s.State.Running != nil:
		return "running"
	case s.State.Waiting != nil:
		return s.State.Waiting.Reason
	}
	return s.State.Terminated.Reason
}
