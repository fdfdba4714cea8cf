package workload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

func TestWhatTheSpecNamesHasToBeThere(t *testing.T) {
	t.Parallel()
	class := func(name string) func(*world.World) {
		return spec(func(s *v1.PrometheusSpec) {
			s.Storage = &v1.StorageSpec{}
			s.Storage.VolumeClaimTemplate.Spec.StorageClassName = &name
		})
	}
	classes := func(found map[string]*storagev1.StorageClass) func(*world.World) {
		return func(w *world.World) { w.StorageClasses = found }
	}
	emptyDir := spec(func(s *v1.PrometheusSpec) { s.Storage.EmptyDir = &corev1.EmptyDirVolumeSource{} })
	twoShards := spec(func(s *v1.PrometheusSpec) { s.Shards, s.ServiceName = new(int32(2)), new("own") })
	service := spec(func(s *v1.PrometheusSpec) { s.ServiceName = new("own") })
	services := func(found map[string]*corev1.Service) func(*world.World) {
		return func(w *world.World) { w.NamedServices = found }
	}
	selecting := func(selector map[string]string) func(*world.World) {
		return services(map[string]*corev1.Service{"own": {Spec: corev1.ServiceSpec{Selector: selector}}})
	}
	noClass := classes(map[string]*storagev1.StorageClass{"fast": nil})
	cases := map[string]struct {
		reason  string
		changes []func(*world.World)
		want    []string
		says    string
	}{
		"Nothing":        {"nothing is named", nil, nil, ""},
		"Class":          {"the class is there", []func(*world.World){class("fast"), classes(map[string]*storagev1.StorageClass{"fast": {}})}, nil, ""},
		"NoClass":        {"no volume can be made", []func(*world.World){class("fast"), noClass}, []string{StorageClassNotFound}, `"fast" does not exist`},
		"UnknownClass":   {"where the operator may not look nothing is said", []func(*world.World){class("fast")}, nil, ""},
		"UnusedClass":    {"an emptyDir needs no class", []func(*world.World){class("fast"), noClass, emptyDir}, nil, ""},
		"Service":        {"it selects the pods", []func(*world.World){service, selecting(map[string]string{"prometheus": "main"})}, nil, ""},
		"NoService":      {"the pods have no names", []func(*world.World){service, services(map[string]*corev1.Service{"own": nil})}, []string{ServiceNotFound}, "Service monitoring/own"},
		"UnknownService": {"nobody could look", []func(*world.World){service}, nil, ""},
		"OtherPods":      {"it is the Service of something else", []func(*world.World){service, selecting(map[string]string{"prometheus": "other"})}, []string{ServiceMismatch}, "prometheus=other"},
		"SomePods":       {"pods of the second shard have no names", []func(*world.World){twoShards, selecting(map[string]string{shardLabel: "0"})}, []string{ServiceMismatch}, "prometheus-main-shard-1"},
		"NoSelector":     {"its endpoints are the user's own", []func(*world.World){service, selecting(nil)}, nil, ""},
		"Both":           {"one does not hide the other", []func(*world.World){class("fast"), noClass, service, services(map[string]*corev1.Service{"own": nil})}, []string{StorageClassNotFound, ServiceNotFound}, "own"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := For(newWorld(tc.changes...))
			var reasons, messages []string
			for _, verdict := range objects.Unmet {
				reasons, messages = append(reasons, verdict.Reason), append(messages, verdict.Message)
			}
			if diff := cmp.Diff(tc.want, reasons); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if said := strings.Join(messages, "; "); !strings.Contains(said, tc.says) {
				t.Errorf("%s: the message must say %s: %q", tc.reason, tc.says, said)
			}
			if len(objects.StatefulSets) == 0 || len(objects.Verdicts) > 0 {
				t.Errorf("%s: and the pods are made all the same: %v", tc.reason, objects.Verdicts)
			}
		})
	}
}
