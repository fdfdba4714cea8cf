package wire_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/test/upstream/wire"
)

const (
	ourCRDs    = "../../../config/crd/bases"
	theirTypes = "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring"
)

func TestSchemasServeTheSameObjects(t *testing.T) {
	t.Parallel()
	theirCRDs := generateTheirs(t)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			theirs, ours := readCRD(t, theirCRDs, k.plural), readCRD(t, ourCRDs, k.plural)
			for _, difference := range wire.Compare(theirs, ours) {
				t.Error(difference)
			}
		})
	}
}

func TestEveryFieldIsServed(t *testing.T) {
	t.Parallel()
	theirCRDs := generateTheirs(t)
	for _, k := range kinds() {
		all := leaves(readCRD(t, theirCRDs, k.plural))
		ours := leaves(readCRD(t, ourCRDs, k.plural))
		have := 0
		for path := range all {
			if !ours[path] {
				t.Errorf("%s: %s can't be set", k.name, path)
				continue
			}
			have++
		}
		fmt.Printf("fields %s %d/%d\n", k.name, have, len(all))
	}
}

// A request may carry 1.5 MiB into etcd. Client-side apply, which also keeps a copy of the object in an annotation, ends earlier: the
// annotations of an object may have 256 KiB together. The line says for which CRDs that is too little.
func TestCRDsCanBeApplied(t *testing.T) {
	t.Parallel()
	const request, annotations = 3 << 19, 256 << 10
	for _, k := range kinds() {
		raw, err := os.ReadFile(crdFile(ourCRDs, k.plural))
		if err != nil {
			t.Fatal(err)
		}
		compact, err := yaml.YAMLToJSON(raw)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("size %s %d bytes, client-side apply %t\n", k.plural, len(compact), len(compact) < annotations)
		if len(compact) >= request {
			t.Errorf("%s: %d bytes are more than server-side apply takes", k.plural, len(compact))
		}
	}
}

// generateTheirs makes CRDs from the other project's types with the generator that makes ours, and returns their directory.
func generateTheirs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "tool", "-modfile=../../../hack/tools/go.mod", "controller-gen", "crd",
		"paths="+theirTypes+"/v1", "paths="+theirTypes+"/v1alpha1", "output:crd:dir="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("generate their CRDs: %v\n%s", err, out)
	}
	return dir
}

func crdFile(dir, plural string) string {
	return filepath.Join(dir, "monitoring.coreos.com_"+plural+".yaml")
}

func readCRD(t *testing.T, dir, plural string) apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	raw, err := os.ReadFile(crdFile(dir, plural))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(raw, &crd); err != nil {
		t.Fatal(err)
	}
	return crd
}

func leaves(crd apiextensionsv1.CustomResourceDefinition) map[string]bool {
	out := map[string]bool{}
	for _, v := range crd.Spec.Versions {
		for _, path := range wire.Leaves(v.Schema.OpenAPIV3Schema) {
			out[path] = true
		}
	}
	return out
}
