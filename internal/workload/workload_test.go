package workload

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

var update = flag.Bool("update", false, "write the golden files anew")

// newWorld is a Prometheus monitoring/main that selects everything, changed by each of changes.
func newWorld(changes ...func(*world.World)) *world.World {
	memory := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("50Mi")}
	w := &world.World{
		Prometheus: &v1.Prometheus{
			ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main", UID: "1"},
			Spec: v1.PrometheusSpec{CommonPrometheusFields: v1.CommonPrometheusFields{
				Replicas:               new(int32(2)),
				ServiceMonitorSelector: &metav1.LabelSelector{},
			}},
		},
		Options: world.Options{
			ConfigReloaderImage: "example.com/sidecars:v1",
			RulesReloaderImage:  "example.com/sidecars:v1",
			ReloaderResources:   corev1.ResourceRequirements{Requests: memory, Limits: memory},
			PrometheusBaseImage: "quay.io/prometheus/prometheus",
			ThanosBaseImage:     "quay.io/thanos/thanos",
			RuleShards:          3,
			ConfigParts:         2,
			AssetShards:         1,
			LocalHost:           "localhost",
		},
	}
	for _, change := range changes {
		change(w)
	}
	return w
}

// spec changes the Prometheus of a World.
func spec(change func(*v1.PrometheusSpec)) func(*world.World) {
	return func(w *world.World) { change(&w.Prometheus.Spec) }
}

func TestGolden(t *testing.T) {
	for name, w := range goldenWorlds() {
		t.Run(name, func(t *testing.T) {
			got := document(t, For(w))
			file := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the objects changed (-want +got); if that is meant, run go test -update:\n%s", diff)
			}
		})
	}
}

func goldenWorlds() map[string]*world.World {
	return map[string]*world.World{
		"defaults": newWorld(),
		"reference-version": newWorld(spec(func(s *v1.PrometheusSpec) {
			s.Version, s.Retention = "v2.45.0", "24h"
		})),
		"foreign-reloaders": newWorld(func(w *world.World) {
			w.Options.ForeignReloaders = true
			w.Options.ConfigReloaderImage = "example.com/prometheus-config-reloader:v0.40.0"
			w.Options.RulesReloaderImage = "example.com/configmap-reload:v0.3.0"
		}),
		"tls-thanos-shards": newWorld(spec(func(s *v1.PrometheusSpec) {
			s.Shards = new(int32(2))
			s.RoutePrefix = "/prom"
			s.Thanos = &v1.ThanosSpec{ObjectStorageConfig: secretKey("bucket", "objstore.yaml")}
			s.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{TLSConfig: &v1.WebTLSConfig{
				Cert:      v1.SecretOrConfigMap{Secret: secretKey("serving", "tls.crt")},
				KeySecret: *secretKey("serving", "tls.key"),
			}}}
			s.Storage = &v1.StorageSpec{VolumeClaimTemplate: v1.EmbeddedPersistentVolumeClaim{
				Spec: corev1.PersistentVolumeClaimSpec{Resources: corev1.VolumeResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")},
				}},
			}}
		})),
	}
}

func secretKey(name, key string) *corev1.SecretKeySelector {
	return &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key}
}

// document writes all objects as YAML documents, the verdicts first.
func document(t *testing.T, objects Objects) string {
	t.Helper()
	var documents []string
	add := func(o any) {
		data, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(data))
	}
	for _, verdict := range objects.Verdicts {
		t.Fatalf("nothing was made: %s", verdict.Message)
	}
	for _, s := range objects.Secrets {
		readable := s.DeepCopy()
		readable.StringData = map[string]string{}
		for key, value := range s.Data {
			readable.StringData[key] = string(value)
		}
		readable.Data = nil
		add(readable)
	}
	for _, s := range objects.Services {
		add(s)
	}
	for _, s := range objects.StatefulSets {
		add(s)
	}
	return strings.Join(documents, "---\n")
}
