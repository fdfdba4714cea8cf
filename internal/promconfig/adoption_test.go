package promconfig_test

import (
	"testing"

	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

func TestPodsOfAnotherOperatorRefuseTheConfiguration(t *testing.T) {
	t.Parallel()
	pod := func(containers ...string) *corev1.Pod {
		p := &corev1.Pod{}
		for _, name := range containers {
			p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: name})
		}
		return p
	}
	ours, theirs := pod("prometheus", "config-reloader", workload.RulesReloader), pod("prometheus", "config-reloader")
	cases := map[string]struct {
		reason  string
		pods    []*corev1.Pod
		options world.Options
		refused bool
	}{
		"None":           {"a first pod will be ours", nil, world.Options{}, false},
		"Ours":           {"all can load it", []*corev1.Pod{ours, ours}, world.Options{}, false},
		"OneIsTheirs":    {"it would lose its rules", []*corev1.Pod{ours, theirs}, world.Options{}, true},
		"TheirReloaders": {"they are what the operator was told to use", []*corev1.Pod{theirs}, world.Options{ForeignReloaders: true}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, _ := render(t, &world.World{Prometheus: newPrometheus(nil), Pods: c.pods, Options: c.options})
			interval := config["global"].(map[string]any)["evaluation_interval"].(string)
			if _, err := model.ParseDuration(interval); (err != nil) != c.refused {
				t.Errorf("%s: evaluation_interval %q: %v", c.reason, interval, err)
			}
		})
	}
}
