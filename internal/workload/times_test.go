package workload

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReloaderTimes(t *testing.T) {
	cases := map[string]struct {
		reason     string
		flags      map[string]time.Duration
		annotation string // of the watch interval
		want       string // of its variable, "" for none
		refused    bool
	}{
		"Nobody":     {reason: "the sidecars have defaults of their own"},
		"Flag":       {reason: "for all Prometheuses", flags: map[string]time.Duration{"watch-interval": 5 * time.Second}, want: "5s"},
		"Annotation": {reason: "for one", annotation: "7s", want: "7s"},
		"Both":       {reason: "who is nearer wins", flags: map[string]time.Duration{"watch-interval": 5 * time.Second}, annotation: "7s", want: "7s"},
		"Nonsense":   {reason: "a typo is told, not ignored", annotation: "often", refused: true},
		"Zero":       {reason: "it would make the sidecar run once and end", annotation: "0s", refused: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.Options.ReloaderTimes = tc.flags
			if tc.annotation != "" {
				w.Prometheus.Annotations = map[string]string{"promloop.dev/reloader-watch-interval": tc.annotation}
			}
			objects := For(w)
			if refused := len(objects.Verdicts) > 0; refused != tc.refused {
				t.Fatalf("%s: %+v", tc.reason, objects.Verdicts)
			}
			if tc.refused {
				return
			}
			pod := objects.StatefulSets[0].Spec.Template.Spec
			for _, c := range append(pod.InitContainers, pod.Containers[1:]...) {
				got := ""
				for _, e := range c.Env {
					if e.Name == "RELOADER_WATCH_INTERVAL" {
						got = e.Value
					}
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", tc.reason, c.Name, diff)
				}
			}
		})
	}
}
