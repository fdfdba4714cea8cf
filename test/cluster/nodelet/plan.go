package nodelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// progress is what the plan needs to know of one container.
type progress struct {
	Running bool
	Started bool // its startup probe, if any, has succeeded
	Ended   bool // it ran and has ended
	Code    int32
	At      time.Time // of the end
	Crashes int       // restarts since it last ran for long
}

// next returns the containers to start now. If one has to wait for its back-off, again is when; otherwise it is zero.
// Init containers come first, one after the other; those that restart always (sidecars) are only waited for until they started.
func next(pod *corev1.Pod, have map[string]progress, now time.Time, r Rhythm) (start []string, again time.Time) {
	consider := func(c corev1.Container, policy corev1.RestartPolicy) {
		at, ok := startTime(have[c.Name], policy, r)
		switch {
		case !ok:
		case at.After(now):
			again = sooner(again, at)
		default:
			start = append(start, c.Name)
		}
	}
	for _, c := range pod.Spec.InitContainers {
		p := have[c.Name]
		if sidecar(c) {
			consider(c, corev1.RestartPolicyAlways)
			if !p.Running || !p.Started {
				return start, again
			}
			continue
		}
		if p.Ended && p.Code == 0 && !p.Running {
			continue
		}
		consider(c, retryPolicy(pod))
		return start, again
	}
	for _, c := range pod.Spec.Containers {
		consider(c, pod.Spec.RestartPolicy)
	}
	return start, again
}

// startTime returns when the container may start; not ok if it should not.
func startTime(p progress, policy corev1.RestartPolicy, r Rhythm) (at time.Time, ok bool) {
	if p.Running {
		return time.Time{}, false
	}
	if !p.Ended {
		return time.Time{}, true
	}
	if policy == corev1.RestartPolicyNever || (policy == corev1.RestartPolicyOnFailure && p.Code == 0) {
		return time.Time{}, false
	}
	return p.At.Add(r.restartDelay(p.Crashes)), true
}

// retryPolicy is how an init container is treated: it must succeed once.
func retryPolicy(pod *corev1.Pod) corev1.RestartPolicy {
	if pod.Spec.RestartPolicy == corev1.RestartPolicyNever {
		return corev1.RestartPolicyNever
	}
	return corev1.RestartPolicyOnFailure
}

func sidecar(c corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// initialized tells whether every init container has done its part.
func initialized(pod *corev1.Pod, have map[string]progress) bool {
	for _, c := range pod.Spec.InitContainers {
		p := have[c.Name]
		if sidecar(c) && !p.Started || !sidecar(c) && (p.Running || !p.Ended || p.Code != 0) {
			return false
		}
	}
	return true
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
