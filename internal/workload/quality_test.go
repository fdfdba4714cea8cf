package workload

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// docs/migrating.md says what brings back the limits and the class of the pods of prometheus-operator.
func TestLimitsAndClassOfThePodCanBeHad(t *testing.T) {
	t.Parallel()
	both := func(cpu, memory string) corev1.ResourceRequirements {
		list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
		return corev1.ResourceRequirements{Requests: list, Limits: list}
	}
	// The limits that the operator's flags give.
	cpuLimit := func(w *world.World) { w.Options.ReloaderResources = both("10m", "50Mi") }
	memory := func(w *world.World) { w.Options.ReloaderResources = both("10m", "256Mi") }
	noLimit := func(w *world.World) {
		w.Options.ReloaderResources = both("10m", "50Mi")
		w.Options.ReloaderResources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("50Mi")}
	}
	fields := spec(func(s *v1.PrometheusSpec) {
		s.Containers = []corev1.Container{{Name: "config-reloader", Resources: both("500m", "192Mi")}, {Name: "rules-reloader", Resources: both("500m", "192Mi")}}
		s.InitContainers = []corev1.Container{{Name: "init-config-reloader", Resources: both("500m", "192Mi")}}
	})
	cases := map[string]struct {
		reason              string
		changes             []func(*world.World)
		cpuQuota, guarantee bool
	}{
		"Defaults": {"a quota on limits.cpu refuses the pod", []func(*world.World){noLimit}, false, false},
		"CPU":      {"with a limit it does not", []func(*world.World){cpuLimit}, true, false},
		"Memory":   {"the init container holds both sets, so no flag makes its limit the request", []func(*world.World){memory}, true, false},
		"Fields":   {"the fields of the Prometheus do, whatever the flags are", []func(*world.World){noLimit, fields}, true, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(tc.changes...)
			w.Prometheus.Spec.Resources = both("1", "4Gi")
			pod := For(w).StatefulSets[0].Spec.Template.Spec
			limited, guaranteed := true, true
			for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
				requests, limits := c.Resources.Requests, c.Resources.Limits
				limited = limited && !limits.Cpu().IsZero()
				guaranteed = guaranteed && !limits.Cpu().IsZero() && !limits.Memory().IsZero() &&
					requests.Cpu().Equal(*limits.Cpu()) && requests.Memory().Equal(*limits.Memory())
			}
			if limited != tc.cpuQuota || guaranteed != tc.guarantee {
				t.Errorf("%s: every container has a CPU limit: %t; class Guaranteed: %t", tc.reason, limited, guaranteed)
			}
		})
	}
}
