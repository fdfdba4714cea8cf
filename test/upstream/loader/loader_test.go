package loader

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
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

// What Prometheus' own parser would cost on top of rendering, as figures beside those of test/upstream/generator: for all jobs, as
// after each change if it had to judge the whole file, and for the one job of a changed object.
func TestRatioParser(t *testing.T) {
	for _, n := range []int{1, 1_000, 10_000} {
		text, err := promconfig.NewRenderer().Render(random.Monitors(n, world.DefaultPrometheusVersion)).Plain()
		if err != nil {
			t.Fatal(err)
		}
		took := time.Duration(math.MaxInt64)
		for range 3 {
			start := time.Now()
			if err := Load(text); err != nil {
				t.Fatal(err)
			}
			took = min(took, time.Since(start))
		}
		fmt.Printf("parser load-%d-time-ms %.2f\n", n, float64(took.Microseconds())/1000)
	}
}
