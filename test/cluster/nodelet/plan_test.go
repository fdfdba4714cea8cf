package nodelet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestNext(t *testing.T) {
	now := time.Unix(1000, 0)
	ended := func(code int32, ago time.Duration, crashes int) progress {
		return progress{Ended: true, Code: code, At: now.Add(-ago), Crashes: crashes}
	}
	running := progress{Running: true, Started: true}
	cases := map[string]struct {
		reason string
		policy corev1.RestartPolicy
		have   map[string]progress
		want   []string
		again  time.Duration
	}{
		"Fresh": {reason: "the first init container comes first, alone", want: []string{"init"}},
		"InitRuns": {
			reason: "nothing starts beside an init container",
			have:   map[string]progress{"init": running},
		},
		"InitDone": {
			reason: "a sidecar follows",
			have:   map[string]progress{"init": ended(0, time.Hour, 0)}, want: []string{"sidecar"},
		},
		"SidecarNotStarted": {
			reason: "the others wait for the sidecar's startup probe",
			have:   map[string]progress{"init": ended(0, time.Hour, 0), "sidecar": {Running: true}},
		},
		"AllInitialized": {
			reason: "the containers start together",
			have:   map[string]progress{"init": ended(0, time.Hour, 0), "sidecar": running}, want: []string{"a", "b"},
		},
		"InitFailedOnce": {
			reason: "the first retry is at once",
			have:   map[string]progress{"init": ended(1, 0, 0)}, want: []string{"init"},
		},
		"InitFailedTwice": {
			reason: "the second waits",
			have:   map[string]progress{"init": ended(1, time.Second, 1)}, again: 9 * time.Second,
		},
		"InitFailedForGood": {
			reason: "a pod that never restarts fails with its init container",
			policy: corev1.RestartPolicyNever,
			have:   map[string]progress{"init": ended(1, time.Hour, 0)},
		},
		"OneCrashed": {
			reason: "only what ended is restarted",
			have: map[string]progress{"init": ended(0, time.Hour, 0), "sidecar": running, "a": running,
				"b": ended(0, 0, 0)}, want: []string{"b"},
		},
		"OneBacksOff": {
			reason: "the sooner of two back-offs decides when to look again",
			have: map[string]progress{"init": ended(0, time.Hour, 0), "sidecar": running,
				"a": ended(1, time.Second, 2), "b": ended(1, time.Second, 1)}, again: 9 * time.Second,
		},
		"CompletedOnFailurePolicy": {
			reason: "success is not restarted where only failures are",
			policy: corev1.RestartPolicyOnFailure,
			have: map[string]progress{"init": ended(0, time.Hour, 0), "sidecar": running,
				"a": ended(0, time.Hour, 0), "b": ended(2, time.Hour, 0)}, want: []string{"b"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			start, again := next(planned(tc.policy), tc.have, now, KubeletRhythm())
			wantAgain := time.Time{}
			if tc.again != 0 {
				wantAgain = now.Add(tc.again)
			}
			if diff := cmp.Diff(tc.want, start); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if !again.Equal(wantAgain) {
				t.Errorf("%s: looks again at %v, want %v", tc.reason, again, wantAgain)
			}
		})
	}
}

// planned is a pod of an init container, a sidecar and two containers.
func planned(policy corev1.RestartPolicy) *corev1.Pod {
	if policy == "" {
		policy = corev1.RestartPolicyAlways
	}
	always := corev1.ContainerRestartPolicyAlways
	return &corev1.Pod{Spec: corev1.PodSpec{
		RestartPolicy:  policy,
		InitContainers: []corev1.Container{{Name: "init"}, {Name: "sidecar", RestartPolicy: &always}},
		Containers:     []corev1.Container{{Name: "a"}, {Name: "b"}},
	}}
}

func TestTally(t *testing.T) {
	p := &corev1.Probe{SuccessThreshold: 2, FailureThreshold: 3}
	cases := map[string]struct {
		reason  string
		answers string // + and -
		want    string // verdict after each
	}{
		"Success": {"two successes in a row are needed", "++", "-+"},
		"Failure": {"three failures in a row are needed", "++---", "-+++-"},
		"Mixed":   {"a single answer between starts the count again", "++--+--", "-++++++"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var count tally
			got := ""
			for _, answer := range tc.answers {
				count.add(answer == '+', p)
				got += map[bool]string{true: "+", false: "-"}[count.verdict]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRepositoryName(t *testing.T) {
	for reference, want := range map[string]string{
		"prometheus":                                  "prometheus",
		"quay.io/prometheus/prometheus:v3.16.0":       "prometheus",
		"127.0.0.1:5000/a/config-reloader":            "config-reloader",
		"registry:443/a/b@sha256:00":                  "b",
		"registry:443/a/configmap-reload:v1@sha256:0": "configmap-reload",
	} {
		if got := repositoryName(reference); got != want {
			t.Errorf("the name in %s is %q, want %q", reference, got, want)
		}
	}
}

func TestAddressesAreNotReusedSoon(t *testing.T) {
	var pool addresses
	seen := map[int]bool{}
	for range lastPod - firstPod + 1 {
		number, err := pool.take()
		if err != nil || seen[number] {
			t.Fatalf("address %d again, or %v", number, err)
		}
		seen[number] = true
		if number%2 == 0 {
			pool.giveBack(number)
		}
	}
	if number, err := pool.take(); err != nil || number != firstPod {
		t.Errorf("after a round the first free address is %d (%v), want %d", number, err, firstPod)
	}
	for range lastPod {
		_, _ = pool.take()
	}
	if _, err := pool.take(); err == nil {
		t.Error("a full node still hands out addresses")
	}
}
