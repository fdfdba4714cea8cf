package olm_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/hack/bundle/internal/olm"
)

func root(elements ...string) string {
	return filepath.Join(append([]string{"..", "..", "..", ".."}, elements...)...)
}

// read builds the tree once; nothing changes its objects.
var read = sync.OnceValues(func() (olm.Input, error) { return olm.Read(root()) })

func input(t *testing.T) olm.Input {
	t.Helper()
	in, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func generate(t *testing.T, in olm.Input) map[string][]byte {
	t.Helper()
	files, err := olm.Generate(in)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// bundleIn writes generated files and returns the bundle's directory.
func bundleIn(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bundle")
}

func TestBundleInTheRepositoryIsValid(t *testing.T) {
	t.Parallel()
	if err := olm.Validate(root("bundle")); err != nil {
		t.Error(err)
	}
}

func TestGenerationIsDeterministic(t *testing.T) {
	t.Parallel()
	again, err := olm.Read(root())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(generate(t, input(t)), generate(t, again)); diff != "" {
		t.Error(diff)
	}
}

func TestImageSaysWhatTheAnnotationsSay(t *testing.T) {
	t.Parallel()
	files := generate(t, input(t))
	labels := 0
	for line := range strings.Lines(string(files["bundle.Dockerfile"])) {
		label, ok := strings.CutPrefix(strings.TrimSpace(line), "LABEL ")
		if !ok {
			continue
		}
		labels++
		key, value, _ := strings.Cut(label, "=")
		if want := key + ": " + value + "\n"; !strings.Contains(string(files["bundle/metadata/annotations.yaml"]), want) {
			t.Errorf("annotations.yaml lacks %q", want)
		}
	}
	if want := strings.Count(string(files["bundle/metadata/annotations.yaml"]), "\n  operators."); labels != want {
		t.Errorf("%d labels, %d annotations", labels, want)
	}
}

const csvFile = "bundle/manifests/promloop.clusterserviceversion.yaml"

// Every fault is planted in a bundle that is valid without it, so that what is reported is the fault.
func TestPlantedFaultsAreCaught(t *testing.T) {
	t.Parallel()
	valid := generate(t, input(t))
	cases := map[string]struct {
		reason   string
		file     string
		old, new string // empty old: the file is removed
		want     string
	}{
		"MissingCRD": {
			reason: "OLM refuses to install a CSV whose kind is not there",
			file:   "bundle/manifests/monitoring.coreos.com_probes.yaml", want: `Kind=Probe" not found in bundle`,
		},
		"Capability": {
			reason: "catalogues know five levels", file: csvFile,
			old: "capabilities: Seamless Upgrades", new: "capabilities: Very Good", want: "Very Good",
		},
		"Category": {
			reason: "catalogues know a fixed list", file: csvFile,
			old: "categories: Monitoring", new: "categories: Watching", want: "Watching",
		},
		"Mail": {
			reason: "operatorhub wants an address that exists in form", file: csvFile,
			old: "email: maintainers@promloop.dev", new: "email: nobody", want: "nobody",
		},
		"Warning": {
			reason: "a warning of a validator fails too", file: csvFile,
			old: "minKubeVersion: 1.30.0", new: `minKubeVersion: ""`, want: "minKubeVersion",
		},
		"Channel": {
			reason: "good practices ask for a known prefix", file: "bundle/metadata/annotations.yaml",
			old: "channels.v1: candidate-v0", new: "channels.v1: main", want: "main",
		},
		"UnknownField": {
			reason: "an API server drops it without a word", file: csvFile,
			old: "  displayName: promloop\n", new: "  displayName: promloop\n  displayNames: promloop\n", want: "displayNames",
		},
		"RelatedImage": {
			reason: "a mirror would not copy it", file: csvFile,
			old: "  - image: quay.io/promloop/config-reloader:", new: "  - image: quay.io/promloop/other:", want: "relatedImages lacks",
		},
		"ExampleAgainstItsSchema": {
			reason: "the console's template must apply", file: csvFile,
			old: `"replicas": 2`, new: `"replicas": "two"`, want: "spec.replicas",
		},
		"Descriptor": {
			reason: "the scorecard asks for one per field of the example", file: csvFile,
			old: "path: evaluationInterval", new: "path: paused", want: "spec.evaluationInterval, which has no descriptor",
		},
		"InstallMode": {
			reason: "an operator that is not told its namespaces would watch all", file: csvFile,
			old: "metadata.annotations['olm.targetNamespaces']", new: "metadata.name", want: "MultiNamespace is supported",
		},
		"SecretNobodyMakes": {
			reason: "the pod would never start, and no static validator says so", file: csvFile,
			old: "terminationGracePeriodSeconds: 15\n", new: "terminationGracePeriodSeconds: 15\n              volumes:\n              - name: webhook-certs\n                secret:\n                  secretName: webhook-server-cert\n",
			want: "webhook-certs",
		},
		"LargeAnnotations": {
			reason: "OLM copies them into every pod", file: csvFile,
			old: "support: promloop maintainers", new: "support: " + strings.Repeat("x", 64<<10), want: "shorten the samples",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string][]byte{}
			for file, content := range valid {
				files[file] = content
			}
			planted := strings.Replace(string(valid[tc.file]), tc.old, tc.new, 1)
			files[tc.file] = []byte(planted)
			switch {
			case tc.old == "":
				delete(files, tc.file)
			case planted == string(valid[tc.file]):
				t.Fatalf("%q is no longer in %s: plant the fault elsewhere", tc.old, tc.file)
			}
			err := olm.Validate(bundleIn(t, files))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: want an error with %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}
