package workload

import (
	"slices"
	"testing"

	"github.com/promloop/promloop/internal/world"
)

// What upstream's config-reloader of today can do, it is told to; an older one would end at the arguments.
func TestForeignConfigReloader(t *testing.T) {
	cases := map[string]struct {
		reason, image string
		today         bool
	}{
		"Today":     {"its tag says so", "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1", true},
		"Digest":    {"a digest behind the tag hides nothing", "mirror:5000/prometheus-config-reloader:0.93.1@sha256:00", true},
		"Reference": {"that of v0.40 knows none of the arguments", "quay.io/coreos/prometheus-config-reloader:v0.40.0", false},
		"NoTag":     {"nothing says how old it is", "mirror:5000/prometheus-config-reloader", false},
		"OtherTag":  {"a tag that is no version says nothing", "quay.io/prometheus-operator/prometheus-config-reloader:latest", false},
		"Other":     {"nothing says what it takes", "example.com/reloader:v1.0.0", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pod := For(newWorld(func(w *world.World) {
				w.Options.ForeignReloaders, w.Options.ConfigReloaderImage = true, tc.image
			})).StatefulSets[0].Spec.Template.Spec
			args := pod.Containers[1].Args
			for what, got := range map[string]bool{
				"watches the directory": slices.Contains(args, "--watched-dir=/etc/prometheus/config"),
				"listens":               slices.Contains(args, "--listen-address=:8080") && len(pod.Containers[1].Ports) == 1,
				"runs once before":      len(pod.InitContainers) == 1 && slices.Contains(pod.InitContainers[0].Args, "--watch-interval=0"),
			} {
				if got != tc.today {
					t.Errorf("%s: it %s: %t", tc.reason, what, got)
				}
			}
		})
	}
}
