package delivery

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
)

// floor is the least time between two pokes of one pod: the kubelet serves pokes closer than its one second relist at one
// second anyway.
const floor = 1100 * time.Millisecond

// waits are the times between one poke and the next while a pod stays stale: a kubelet whose view is five seconds old gets it six
// seconds after the first. After the last one the kubelet's own pace of 60 to 90 s is left to do it, and the poke is repeated at that
// pace in case the kubelet's cache was what lagged.
var waits = []time.Duration{
	1200 * time.Millisecond, 1200 * time.Millisecond, 1600 * time.Millisecond, 2 * time.Second, 4 * time.Second,
	10 * time.Second, 30 * time.Second, 90 * time.Second,
}

// poke returns the annotation's next value, or "" when it is too early, and when to look again. Another release starts anew; an
// equal one is repeated with the next attempt number, since an equal value would wake nobody.
func poke(pod *corev1.Pod, next contract.Release, sincePoke time.Duration) (value string, after time.Duration) {
	last := contract.DecodeRelease(pod.Annotations[contract.ReleaseAnnotation])
	next.Attempt = 1
	wait := floor
	if last.Config == next.Config && last.Rules == next.Rules && slices.Equal(last.Refused, next.Refused) {
		next.Attempt = last.Attempt + 1
		wait = waitAfter(last.Attempt)
	}
	if sincePoke < wait {
		return "", wait - sincePoke
	}
	encoded, err := next.Encode()
	if err != nil {
		return "", 0 // strings and numbers always encode
	}
	return encoded, waitAfter(next.Attempt)
}

func waitAfter(attempt int) time.Duration {
	i := min(max(attempt, 1), len(waits)) - 1
	return waits[i]
}
