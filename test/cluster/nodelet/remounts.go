package nodelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// remounts is the kubelet's bookkeeping of one pod's volumes. A sync only asks for them; the populator and the reconciler, two
// loops of their own, carry it out. It decides alone: who mounts is told by begin.
type remounts struct {
	asked   *corev1.Pod // the pod as it was when a sync asked last, nil once the populator has seen it
	pod     *corev1.Pod // the pod whose volumes the reconciler mounts
	volumes map[string]*remount
}

// remount is the state of one volume.
type remount struct {
	refreshed bool // by every remount, as a Secret is; an emptyDir is mounted once
	mounted   bool
	wanted    bool
	inFlight  bool
	failures  int       // in a row
	retry     time.Time // not before
	err       error     // of the last try
}

// populate is one pass of the populator: whatever a sync asked for is now wanted. With drop the requests get lost instead.
func (r *remounts) populate(drop bool) {
	if r.asked == nil {
		return
	}
	r.pod, r.asked = r.asked, nil
	for _, v := range r.volumes {
		v.wanted = v.wanted || !v.mounted || (v.refreshed && !drop)
	}
}

// reconcile is one pass of the reconciler. It returns the volumes to mount now, and counts them as in flight.
func (r *remounts) reconcile(now time.Time) []string {
	var names []string
	for name, v := range r.volumes {
		if v.wanted && !v.inFlight && !now.Before(v.retry) {
			v.inFlight = true
			names = append(names, name)
		}
	}
	return names
}

// done notes the end of a mount. What was wanted while it was in flight is forgotten, as a kubelet does: a request can get lost.
func (r *remounts) done(name string, err error, now time.Time, rhythm Rhythm) {
	v := r.volumes[name]
	v.inFlight, v.err = false, err
	if err != nil {
		v.failures++
		v.retry = now.Add(rhythm.mountBackOff(v.failures))
		return
	}
	v.mounted, v.wanted, v.failures, v.retry = true, false, 0, time.Time{}
}

// allMounted tells whether the pod's containers can start, and what stands in the way.
func (r *remounts) allMounted() (bool, error) {
	for _, v := range r.volumes {
		if !v.mounted {
			return false, v.err
		}
	}
	return true, nil
}
