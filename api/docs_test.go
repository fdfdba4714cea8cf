package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

var manifest = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// A reader copies the manifests of the kinds' pages, so that each must be one that a strict API server takes.
func TestManifestsInTheDocsDecodeStrictly(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, kind := range []string{
		"prometheus", "prometheusrule", "servicemonitor", "podmonitor", "probe", "scrapeconfig",
	} {
		page, err := os.ReadFile(filepath.Join("..", "docs", "kinds", kind+".md"))
		if err != nil {
			t.Fatal(err)
		}
		found := manifest.FindAllSubmatch(page, -1)
		if len(found) == 0 {
			t.Errorf("%s.md shows no manifest", kind)
		}
		for _, m := range found {
			if _, _, err := decoder.Decode(m[1], nil, nil); err != nil {
				t.Errorf("%s.md: %v in\n%s", kind, err, m[1])
			}
		}
	}
}
