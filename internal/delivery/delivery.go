package delivery

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// Wanted are the manifests of the two sets that every pod should run. A domain without a digest is not the operator's to deliver
// (the unmanaged mode).
type Wanted struct {
	Config contract.Manifest
	Rules  contract.Manifest
}

// Progress is how far one pod has come with one set.
type Progress string

const (
	// Loaded means that Prometheus in the pod was seen to run the wanted set.
	Loaded Progress = "Loaded"
	// Pending means that the pod reported, and has not loaded the wanted set yet.
	Pending Progress = "Pending"
	// Refused means that the pod reported that the wanted set can't be loaded.
	Refused Progress = "Refused"
	// Unknown means that the pod has not answered.
	Unknown Progress = "Unknown"
)

// Domain is how far one pod has come with the set of one domain.
type Domain struct {
	Progress Progress
	Report   *contract.Loaded // nil while Unknown
}

// Pod is how far one pod has come.
type Pod struct {
	Name   string
	Config Domain
	Rules  Domain
}

// Loaded reports whether the pod runs both wanted sets.
func (p Pod) Loaded() bool {
	return p.Config.Progress == Loaded && p.Rules.Progress == Loaded
}

// Poke is one write of the release annotation.
type Poke struct {
	Pod   *corev1.Pod
	Value string
}

// refusedElsewhere reports whether the pod refused the set only because it was told to.
func (d Domain) refusedElsewhere() bool {
	return d.Progress == Refused && d.Report.Reason == contract.RefusedElsewhere
}

// awaiting reports whether a poke can still bring the pod forward: what its own Prometheus refused stays refused however often it
// arrives, what another one refused until that is taken back.
func (p Pod) awaiting(next contract.Release) bool {
	open := func(d Domain) bool {
		return d.Progress == Pending || d.Progress == Unknown || d.refusedElsewhere() && !slices.Contains(next.Refused, d.Report.Refused)
	}
	return open(p.Config) || open(p.Rules)
}

// Delivery is what delivery decides for one Prometheus.
type Delivery struct {
	Pods       []Pod
	Pokes      []Poke
	CheckAfter time.Duration // 0 means that only an event can change the outcome
}

// Loaded reports whether every one of the given number of pods runs both wanted sets.
func (d Delivery) Loaded(replicas int) bool {
	for _, pod := range d.Pods {
		if !pod.Loaded() {
			return false
		}
	}
	return len(d.Pods) >= replicas
}

// For decides for the pods of w.
func For(w *world.World, want Wanted) Delivery {
	var d Delivery
	states := map[string]Pod{}
	for _, pod := range w.Pods {
		report := w.Reports[pod.Name]
		state := Pod{Name: pod.Name, Config: progress(report.Config, want.Config), Rules: progress(report.Rules, want.Rules)}
		d.Pods = append(d.Pods, state)
		states[pod.Name] = state
	}
	releases := releases(w.Pods, states, want)
	for _, pod := range w.Pods {
		next := releases[pod.Name]
		if !states[pod.Name].awaiting(next) || !reachable(pod) {
			continue
		}
		value, after := poke(pod, next, w.Now.Sub(w.Poked[pod.Name]))
		if value != "" {
			d.Pokes = append(d.Pokes, Poke{Pod: pod, Value: value})
		}
		d.CheckAfter = Sooner(d.CheckAfter, after)
	}
	return d
}

func progress(report *contract.Loaded, want contract.Manifest) Domain {
	if want.Digest == "" {
		return Domain{Progress: Loaded, Report: report} // the user's own Secret: nothing of ours is on its way
	}
	return Domain{Progress: ProgressOf(report, want.Digest), Report: report}
}

// ProgressOf says what a sidecar's report, nil for no answer, means for the digest that is wanted.
func ProgressOf(report *contract.Loaded, want string) Progress {
	switch {
	case report == nil:
		return Unknown
	case report.Loaded == want:
		return Loaded
	case report.Refused == want:
		return Refused
	}
	return Pending
}

// reachable leaves out pods that have no volumes yet, or no more: a pod that starts mounts what is there.
func reachable(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodRunning || (pod.Status.Phase == corev1.PodPending && pod.Status.PodIP != "")
}

// Sooner is the shorter of two waits, where 0 is one that never ends.
func Sooner(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
