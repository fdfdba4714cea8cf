package delivery

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/internal/contract"
)

func TestReleases(t *testing.T) {
	staged := Wanted{
		Config: contract.Manifest{Digest: "c", Release: contract.ReleaseStaged},
		Rules:  contract.Manifest{Digest: "r", Release: contract.ReleaseAll},
	}
	state := func(config Progress, refused string) Pod {
		return Pod{
			Config: Domain{Progress: config, Report: &contract.Loaded{Refused: refused}},
			Rules:  Domain{Progress: Pending, Report: &contract.Loaded{}},
		}
	}
	silent := Pod{Config: Domain{Progress: Unknown}, Rules: Domain{Progress: Unknown}}
	cases := map[string]struct {
		reason string
		states map[string]Pod
		want   map[string]string // pod -> released configuration, "-" for none
	}{
		"First": {
			"a large configuration stalls one replica of each shard at a time",
			map[string]Pod{"x-0": state(Pending, ""), "x-1": state(Pending, ""), "x-shard-1-0": state(Pending, ""), "x-shard-1-1": state(Pending, "")},
			map[string]string{"x-0": "c", "x-1": "", "x-shard-1-0": "c", "x-shard-1-1": ""},
		},
		"Others": {
			"once the first has proved it the others follow, shard by shard",
			map[string]Pod{"x-0": state(Loaded, ""), "x-1": state(Pending, ""), "x-shard-1-0": state(Pending, ""), "x-shard-1-1": state(Pending, "")},
			map[string]string{"x-0": "c", "x-1": "c", "x-shard-1-0": "c", "x-shard-1-1": ""},
		},
		"DeadFirst": {
			"a first replica that does not answer holds up nobody",
			map[string]Pod{"x-0": silent, "x-1": state(Pending, "")},
			map[string]string{"x-0": "", "x-1": "c"},
		},
		"Refused": {
			"what one replica refused no other loads; it is released to that one, which tries again by itself",
			map[string]Pod{"x-0": state(Refused, "c"), "x-1": state(Pending, "")},
			map[string]string{"x-0": "c", "x-1": ""},
		},
		"RefusedOutOfTurn": {
			"whoever refused it had its turn: without the release it would forget the refusal",
			map[string]Pod{"x-0": state(Pending, ""), "x-1": state(Refused, "c")},
			map[string]string{"x-0": "", "x-1": "c"},
		},
		"ProvenByAnother": {
			"whichever replica of the shard proved it",
			map[string]Pod{"x-0": state(Pending, ""), "x-1": state(Loaded, ""), "x-2": state(Pending, "")},
			map[string]string{"x-0": "c", "x-1": "c", "x-2": "c"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var pods []*corev1.Pod
			for pod := range tc.states {
				pods = append(pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: pod}})
			}
			got := map[string]string{}
			for pod, release := range releases(pods, tc.states, staged) {
				got[pod] = release.Config
				if release.Rules != "r" {
					t.Errorf("small rules go to all at once: %s has %q", pod, release.Rules)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
