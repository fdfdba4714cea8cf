package prometheus_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// targetLabels are those that scraping adds, and the bucket of a histogram.
var targetLabels = []string{"__name__", "job", "instance", "namespace", "pod", "container", "service", "endpoint", "le"}

// mistakes are what is wrong with an expression: it does not parse, or it reads a metric or label that nothing exports.
func mistakes(expr string, list map[string]metric) []string {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	known := map[string]bool{}
	for _, l := range targetLabels {
		known[l] = true
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			m, ok := lookUp(selector.Name, list)
			if !ok {
				found = append(found, fmt.Sprintf("no metric %s in metrics.yaml", selector.Name))
			}
			for _, l := range m.Labels {
				known[l] = true
			}
		}
		return nil
	})
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		for _, l := range labelsOf(node) {
			if !known[l] {
				found = append(found, fmt.Sprintf("no metric of it has a label %s", l))
			}
		}
		return nil
	})
	return found
}

func lookUp(name string, list map[string]metric) (metric, bool) {
	if name == "up" { // of every target
		return metric{}, true
	}
	if m, ok := list[name]; ok {
		return m, m.Type != "histogram"
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			m, ok := list[base]
			return m, ok && m.Type == "histogram"
		}
	}
	return metric{}, false
}

func labelsOf(node parser.Node) []string {
	var names []string
	switch node := node.(type) {
	case *parser.VectorSelector:
		for _, m := range node.LabelMatchers {
			names = append(names, m.Name)
		}
	case *parser.AggregateExpr:
		names = node.Grouping
	case *parser.BinaryExpr:
		if node.VectorMatching != nil {
			names = append(node.VectorMatching.MatchingLabels, node.VectorMatching.Include...)
		}
	}
	return names
}

func TestMistakesInExpressionsAreFound(t *testing.T) {
	t.Parallel()
	list := map[string]metric{
		"things_total": {Name: "things_total", Type: "counter", Labels: []string{"kind"}},
		"took_seconds": {Name: "took_seconds", Type: "histogram"},
	}
	cases := map[string]struct {
		reason string
		expr   string
		wrong  bool
	}{
		"Good":             {"a listed metric by its own label", `sum by (kind, namespace) (rate(things_total{job="a"}[5m]))`, false},
		"Histogram":        {"a histogram is read by its buckets", `histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[5m])))`, false},
		"Syntax":           {"an open bracket", `sum(rate(things_total[5m])`, true},
		"UnknownMetric":    {"nothing exports it", `thing_total`, true},
		"WholeHistogram":   {"a histogram has no series of its own name", `took_seconds`, true},
		"BucketsOfCounter": {"a counter has no buckets", `things_total_bucket`, true},
		"UnknownMatcher":   {"it would select nothing", `things_total{sort="a"}`, true},
		"UnknownGrouping":  {"it would give one group", `sum by (sort) (things_total)`, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := mistakes(tc.expr, list); len(found) > 0 != tc.wrong {
				t.Errorf("%s: found %v", tc.reason, found)
			}
		})
	}
}

// dashboard is as much of Grafana's format as the checks need.
type dashboard struct {
	UID    string `json:"uid"`
	Panels []struct {
		ID          int    `json:"id"`
		Type        string `json:"type"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Datasource  struct {
			UID string `json:"uid"`
		} `json:"datasource"`
		GridPos struct{ H, W, X, Y int } `json:"gridPos"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

func TestDashboardsReadWhatIsExported(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	list := listed(t)
	// What Grafana fills in.
	variables := strings.NewReplacer("$__rate_interval", "5m", "$namespace", ".*")
	for _, file := range files {
		for _, p := range readDashboard(t, file).Panels {
			if p.Type == "row" {
				continue
			}
			if p.Description == "" || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
				t.Errorf("%s, panel %q: it needs a description, the variable as its data source, and an expression", file, p.Title)
			}
			for _, target := range p.Targets {
				for _, mistake := range mistakes(variables.Replace(target.Expr), list) {
					t.Errorf("%s, panel %q: %s: %s", file, p.Title, target.Expr, mistake)
				}
			}
		}
	}
}

func TestPanelsHaveAPlaceEach(t *testing.T) {
	t.Parallel()
	ids := map[int]string{}
	cells := map[[2]int]string{}
	for _, p := range readDashboard(t, filepath.Join("..", "dashboards", "promloop.json")).Panels {
		if other, taken := ids[p.ID]; taken {
			t.Errorf("panels %q and %q have the same id %d", other, p.Title, p.ID)
		}
		ids[p.ID] = p.Title
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, taken := cells[[2]int{x, y}]; taken || x >= 24 {
					t.Fatalf("panel %q lies on %q, or beyond the 24 columns", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
	}
}

func readDashboard(t *testing.T, file string) dashboard {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil || d.UID == "" || len(d.Panels) == 0 {
		t.Fatalf("%s is no dashboard: %v", file, err)
	}
	return d
}
