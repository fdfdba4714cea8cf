package nodelet

import (
	"math/rand/v2"
	"time"
)

// Rhythm holds a kubelet's periods. Tests may shorten them; KubeletRhythm is what users have.
type Rhythm struct {
	// Sync is the time from one sync of a pod to the next, to which up to half is added at random. Each brings volumes up to date.
	Sync time.Duration
	// Loop is the period of each of the two loops that a remount passes through, the populator's and the reconciler's.
	Loop time.Duration
	// Relist is how late the end or start of a container may be noticed, and the least time between two syncs of a pod.
	Relist time.Duration
	// BackOff is the time before the second restart of a container that keeps ending; it doubles up to MaxBackOff.
	BackOff, MaxBackOff time.Duration
	// Second is how long a second of a probe's delays and periods lasts. Timeouts are not changed.
	Second time.Duration
}

// KubeletRhythm returns the periods of a kubelet 1.37 with its default configuration.
func KubeletRhythm() Rhythm {
	return Rhythm{
		Sync:       time.Minute,            // syncFrequency
		Loop:       100 * time.Millisecond, // pkg/kubelet/volumemanager
		Relist:     time.Second,            // generic PLEG
		BackOff:    10 * time.Second,
		MaxBackOff: 5 * time.Minute,
		Second:     time.Second,
	}
}

// Scaled returns the rhythm with every period multiplied by factor.
func (r Rhythm) Scaled(factor float64) Rhythm {
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) * factor) }
	return Rhythm{scale(r.Sync), scale(r.Loop), scale(r.Relist), scale(r.BackOff), scale(r.MaxBackOff), scale(r.Second)}
}

// mountBackOff returns how long a volume that failed to mount n times in a row is left alone: 0.5 s, doubling to 2 m 2 s
// (pkg/util/goroutinemap/exponentialbackoff), in terms of Loop.
func (r Rhythm) mountBackOff(n int) time.Duration {
	return doubled(5*r.Loop, 1220*r.Loop, n-1)
}

// restartDelay returns how long after its end a container stays down that has been restarted n times. The first restart is at
// once.
func (r Rhythm) restartDelay(n int) time.Duration {
	if n == 0 {
		return 0
	}
	return doubled(r.BackOff, r.MaxBackOff, n-1)
}

// doubled returns start doubled n times, limit at most.
func doubled(start, limit time.Duration, n int) time.Duration {
	for ; n > 0 && start < limit; n-- {
		start *= 2
	}
	return min(start, limit)
}

// schedule says when a pod is synced next. Its zero value is due at once.
type schedule struct {
	last     time.Time // of the last sync
	periodic time.Time // the next one, if nothing happens
	asked    time.Time // the earliest time that somebody asked for; zero if nobody did
}

// ask wants a sync at that time or as soon after it as the rhythm allows.
func (s *schedule) ask(at time.Time) {
	if s.asked.IsZero() || at.Before(s.asked) {
		s.asked = at
	}
}

// due returns when the next sync is to happen.
func (s *schedule) due(r Rhythm) time.Time {
	if s.last.IsZero() || s.asked.IsZero() {
		return s.periodic
	}
	at := s.asked
	if floor := s.last.Add(r.Relist); at.Before(floor) {
		at = floor
	}
	if s.periodic.Before(at) {
		return s.periodic
	}
	return at
}

// synced notes a sync.
func (s *schedule) synced(now time.Time, r Rhythm, random *rand.Rand) {
	*s = schedule{last: now, periodic: now.Add(r.Sync + jitter(r.Sync/2, random))}
}

// jitter returns a random duration below limit.
func jitter(limit time.Duration, random *rand.Rand) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(random.Int64N(int64(limit)))
}
