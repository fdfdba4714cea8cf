package nodelet

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestSyncsByThemselvesComeAfter60To90Seconds(t *testing.T) {
	r, random := KubeletRhythm(), rand.New(rand.NewPCG(1, 2))
	now := time.Unix(0, 0)
	var s schedule
	early, late := 0, 0
	for range 1000 {
		s.synced(now, r, random)
		wait := s.due(r).Sub(now)
		if wait < 60*time.Second || wait >= 90*time.Second {
			t.Fatalf("the next sync is due after %v", wait)
		}
		if wait < 70*time.Second {
			early++
		}
		if wait > 80*time.Second {
			late++
		}
		now = now.Add(wait)
	}
	if early < 250 || late < 250 {
		t.Errorf("of 1000 syncs %d came before 70 s and %d after 80 s, want about 333 each", early, late)
	}
}

func TestScheduleHonoursRequests(t *testing.T) {
	r, base := KubeletRhythm(), time.Unix(1000, 0)
	at := func(d time.Duration) time.Time { return base.Add(d) }
	cases := map[string]struct {
		reason string
		s      schedule
		ask    []time.Duration
		want   time.Duration
	}{
		"NothingAsked": {
			reason: "without a request the pod waits for its period",
			s:      schedule{last: base, periodic: at(70 * time.Second)}, want: 70 * time.Second,
		},
		"SoonAfterTheLast": {
			reason: "two syncs are a relist apart at least",
			s:      schedule{last: base, periodic: at(70 * time.Second)}, ask: []time.Duration{200 * time.Millisecond}, want: time.Second,
		},
		"LongAfterTheLast": {
			reason: "a pod that rested is synced at once",
			s:      schedule{last: base, periodic: at(70 * time.Second)}, ask: []time.Duration{5 * time.Second}, want: 5 * time.Second,
		},
		"EarliestOfTwo": {
			reason: "a later request does not put off an earlier one",
			s:      schedule{last: base, periodic: at(70 * time.Second)}, ask: []time.Duration{5 * time.Second, 9 * time.Second}, want: 5 * time.Second,
		},
		"AfterThePeriod": {
			reason: "a request for later does not put off the period",
			s:      schedule{last: base, periodic: at(70 * time.Second)}, ask: []time.Duration{2 * time.Minute}, want: 70 * time.Second,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, d := range tc.ask {
				tc.s.ask(at(d))
			}
			if diff := cmp.Diff(at(tc.want), tc.s.due(r)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDelaysDouble(t *testing.T) {
	r := KubeletRhythm()
	for n, want := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 300 * time.Second, 300 * time.Second} {
		if got := r.restartDelay(n); got != want {
			t.Errorf("after %d restarts a container waits %v, want %v", n, got, want)
		}
	}
	for n, want := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second, 9: 122 * time.Second, 99: 122 * time.Second} {
		if got := r.mountBackOff(n); got != want {
			t.Errorf("after %d failures a volume waits %v, want %v", n, got, want)
		}
	}
}

// loops runs both loops over one volume that takes mountTime to mount, and returns when each mount ended.
func loops(t *testing.T, mountTime time.Duration, asks ...time.Duration) []time.Duration {
	t.Helper()
	r, began := KubeletRhythm(), time.Now()
	volumes := remounts{volumes: map[string]*remount{"v": {refreshed: true, mounted: true}}}
	var mu sync.Mutex
	var ended []time.Duration
	locked := func(f func()) func() {
		return func() { mu.Lock(); defer mu.Unlock(); f() }
	}
	go every(t.Context(), r.Loop, 30*time.Millisecond, locked(func() { volumes.populate(false) }))
	go every(t.Context(), r.Loop, 60*time.Millisecond, locked(func() {
		for _, name := range volumes.reconcile(time.Now()) {
			time.AfterFunc(mountTime, locked(func() {
				volumes.done(name, nil, time.Now(), r)
				ended = append(ended, time.Since(began))
			}))
		}
	}))
	for _, ask := range asks {
		time.AfterFunc(ask, locked(func() { volumes.asked = &corev1.Pod{} }))
	}
	<-time.After(2 * time.Second)
	mu.Lock()
	defer mu.Unlock()
	return ended
}

func TestRemountsPassTwoLoops(t *testing.T) {
	const ms = time.Millisecond
	cases := map[string]struct {
		reason    string
		mountTime time.Duration
		asks      []time.Duration
		want      []time.Duration
	}{
		"One":        {"the populator comes by at 130 ms, the reconciler at 160 ms", 10 * ms, []time.Duration{100 * ms}, []time.Duration{170 * ms}},
		"TwoAtOnce":  {"requests before the populator comes by are one", 10 * ms, []time.Duration{100 * ms, 120 * ms}, []time.Duration{170 * ms}},
		"OneAfter":   {"a request after the mount has one of its own", 10 * ms, []time.Duration{100 * ms, 180 * ms}, []time.Duration{170 * ms, 270 * ms}},
		"OneDuring":  {"a request that the populator sees during the mount is lost", 100 * ms, []time.Duration{100 * ms, 170 * ms}, []time.Duration{260 * ms}},
		"NoneIsLate": {"without a request nothing is mounted", 10 * ms, nil, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if diff := cmp.Diff(tc.want, loops(t, tc.mountTime, tc.asks...)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
			})
		})
	}
}

func TestFailedMountsAreRetriedLater(t *testing.T) {
	r, now := KubeletRhythm(), time.Unix(1000, 0)
	volumes := remounts{asked: &corev1.Pod{}, volumes: map[string]*remount{"v": {}}}
	volumes.populate(false)
	if got := volumes.reconcile(now); len(got) != 1 {
		t.Fatalf("an unmounted volume is not mounted: %v", got)
	}
	volumes.done("v", errVolumesPending, now, r)
	if mounted, err := volumes.allMounted(); mounted || err == nil {
		t.Errorf("after a failure the pod counts as mounted: %v, %v", mounted, err)
	}
	if got := volumes.reconcile(now.Add(499 * time.Millisecond)); len(got) != 0 {
		t.Errorf("the volume is tried again before its back-off is over")
	}
	if got := volumes.reconcile(now.Add(500 * time.Millisecond)); len(got) != 1 {
		t.Errorf("the volume is not tried again after its back-off")
	}
	volumes.done("v", nil, now, r)
	if mounted, err := volumes.allMounted(); !mounted || err != nil {
		t.Errorf("after a success the pod does not count as mounted: %v, %v", mounted, err)
	}
}

func TestDroppedRequestsReachNoVolume(t *testing.T) {
	volumes := remounts{asked: &corev1.Pod{}, volumes: map[string]*remount{"new": {refreshed: true}, "old": {refreshed: true, mounted: true}}}
	volumes.populate(true)
	if diff := cmp.Diff([]string{"new"}, volumes.reconcile(time.Now())); diff != "" {
		t.Errorf("only a first mount gets through (-want +got):\n%s", diff)
	}
}
