package loader

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// What is rendered for the newest version is taken by that version, whatever fields are set.
func TestPrometheusLoadsWhatIsRendered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		for i := range sel.ScrapeConfigs {
			sel.ScrapeConfigs[i].Spec.NomadSDConfigs = nil // not among the loader's discoveries
		}
		res := promconfig.NewRenderer().Render(w, sel)
		for object, verdict := range res.Verdicts {
			t.Fatalf("%v is refused although it is valid: %s", object, verdict.Message)
		}
		text, err := res.Plain()
		if err != nil {
			t.Fatal(err)
		}
		if err := Load(text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

// The loader is worth asking: it refuses what is wrong.
func TestLoaderRefuses(t *testing.T) {
	for _, text := range []string{
		"scrape_configs:\n- job_name: a\n- job_name: a\n",
		"global:\n  scrape_interval: never\n",
		"scrape_configs:\n- job_name: a\n  relabel_configs:\n  - regex: '('\n",
		"no_such_section: {}\n",
	} {
		if Load([]byte(text)) == nil {
			t.Errorf("Prometheus should refuse this:\n%s", text)
		}
	}
}

// What Prometheus' own parser would cost on top of rendering, as a figure beside those of test/upstream/generator.
func TestRatioParser(t *testing.T) {
	const n = 10_000
	w := &world.World{Prometheus: &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}}
	var sel selection.Result
	for i := range n {
		m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: fmt.Sprintf("app-%05d", i)}}
		m.Spec.Endpoints = []v1.Endpoint{{Port: "http-metrics", Interval: "15s"}}
		sel.ServiceMonitors = append(sel.ServiceMonitors, m)
	}
	text, err := promconfig.NewRenderer().Render(w, sel).Plain()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := Load(text); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("parser load-%d-time %.2f\n", n, float64(time.Since(start).Microseconds())/1000)
}
