package workload

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// TestSamples reads every sample as strictly as the API server does, and makes pods of the Prometheus among them.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("../../config/samples/*_*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples found: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range bytes.Split(data, []byte("\n---\n")) {
			checkSample(t, file, document)
		}
	}
}

func checkSample(t *testing.T, file string, document []byte) {
	t.Helper()
	var kind struct{ Kind string }
	if err := yaml.Unmarshal(document, &kind); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	object := map[string]any{
		"Prometheus": &v1.Prometheus{}, "ServiceMonitor": &v1.ServiceMonitor{}, "PodMonitor": &v1.PodMonitor{},
		"Probe": &v1.Probe{}, "ScrapeConfig": &v1alpha1.ScrapeConfig{}, "PrometheusRule": &v1.PrometheusRule{}, "ServiceAccount": &corev1.ServiceAccount{},
		"ClusterRole": &rbacv1.ClusterRole{}, "ClusterRoleBinding": &rbacv1.ClusterRoleBinding{},
	}[kind.Kind]
	if err := yaml.UnmarshalStrict(document, object); err != nil {
		t.Errorf("%s: %v", file, err)
	}
	if prometheus, ok := object.(*v1.Prometheus); ok {
		w := newWorld()
		w.Prometheus = prometheus
		if objects := For(w); len(objects.Verdicts)+len(objects.Ignored) > 0 {
			t.Errorf("%s: %v %v", file, objects.Verdicts, objects.Ignored)
		}
	}
}
