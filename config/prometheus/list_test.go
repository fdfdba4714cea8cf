// Package prometheus_test holds the alerts and the dashboard of the operator against what the programs export, and runs the alerts'
// unit tests through promtool.
package prometheus_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/yaml"

	_ "github.com/promloop/promloop/controllers" // registers its metrics
	_ "github.com/promloop/promloop/webhooks/certificates"
)

// metric is an entry of metrics.yaml.
type metric struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Source string   `json:"source"`
	Labels []string `json:"labels"`
	Help   string   `json:"help"`
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// listed are the metrics of metrics.yaml by name.
func listed(t *testing.T) map[string]metric {
	t.Helper()
	var list []metric
	readYAML(t, "metrics.yaml", &list)
	byName := map[string]metric{}
	for _, m := range list {
		if _, twice := byName[m.Name]; twice {
			t.Errorf("metrics.yaml has %s twice", m.Name)
		}
		if !slices.Contains([]string{"counter", "gauge", "histogram"}, m.Type) || m.Help == "" {
			t.Errorf("metrics.yaml: %s has type %q and help %q", m.Name, m.Type, m.Help)
		}
		byName[m.Name] = m
	}
	return byName
}

func TestOperatorExportsWhatIsListed(t *testing.T) {
	t.Parallel()
	exported := described(t)
	list := listed(t)
	for name, m := range list {
		labels, ok := exported[name]
		switch {
		case m.Source != "operator":
		case !ok:
			t.Errorf("%s is listed, but the operator does not export it", name)
		default:
			if want := slices.Sorted(slices.Values(m.Labels)); !slices.Equal(want, labels) {
				t.Errorf("%s has labels %v, and %v in metrics.yaml", name, labels, want)
			}
		}
	}
	for name := range exported {
		ours := strings.HasPrefix(name, "promloop_") || strings.HasPrefix(name, "prometheus_operator_")
		if _, ok := list[name]; ours && !ok {
			t.Errorf("the operator exports %s, which metrics.yaml lacks", name)
		}
	}
}

var description = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

// described are the sorted labels of every metric that is registered, whether it has a value yet or not.
func described(t *testing.T) map[string][]string {
	t.Helper()
	registry, ok := metrics.Registry.(prometheus.Collector)
	if !ok {
		t.Fatal("the registry can't describe itself")
	}
	descriptions := make(chan *prometheus.Desc)
	go func() { registry.Describe(descriptions); close(descriptions) }()
	all := map[string][]string{}
	for d := range descriptions {
		match := description.FindStringSubmatch(d.String())
		if match == nil {
			t.Errorf("can't read %s", d)
			continue
		}
		labels := strings.FieldsFunc(match[2], func(r rune) bool { return r == ',' || r == ' ' })
		slices.Sort(labels)
		all[match[1]] = labels
	}
	return all
}

func TestSidecarsExportWhatIsListed(t *testing.T) {
	t.Parallel()
	var want []string
	for name, m := range listed(t) {
		if m.Source == "sidecar" {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, sidecarMetrics(t)); diff != "" {
		t.Errorf("the sidecars are a module of their own, so their source is read (-metrics.yaml +sidecars):\n%s", diff)
	}
}

var sidecarMetric = regexp.MustCompile(`^reloader_[a-z_]+$`)

// sidecarMetrics are the names in the source of the sidecars' report.
func sidecarMetrics(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "sidecars", "internal", "report", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the sidecars' report: %v", err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && sidecarMetric.MatchString(text) {
					names = append(names, text)
				}
			}
			return true
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}
