package generator

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// versions are the oldest that is supported, the last of the second major, the first of the third, and the newest that the
// oracle knows.
var versions = []string{"v2.45.0", "v2.55.0", "v3.0.0", "v3.13.1"}

func TestSameMeaningAsUpstream(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { same(t, version) })
		})
	}
	t.Run("AnyMinor", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) { same(t, rapid.SampledFrom(minors()).Draw(t, "version")) })
	})
}

// minors are all that are supported and known to the oracle: what is written changes with many of them.
func minors() []string {
	var out []string
	for minor := 45; minor <= 55; minor++ {
		out = append(out, fmt.Sprintf("v2.%d.0", minor))
	}
	for minor := range 14 {
		out = append(out, fmt.Sprintf("v3.%d.0", minor))
	}
	return out
}

func same(t *rapid.T, version string) {
	w, sel := random.World(t, version)
	sel = knownTo(w, sel)
	in, err := InputOf(w, sel)
	if err != nil {
		t.Fatal(err)
	}
	ours := promconfig.NewRenderer().Render(w, sel)
	for object, verdict := range ours.Verdicts {
		t.Fatalf("%v is refused although it is valid: %s", object, verdict.Message)
	}
	text, err := ours.Plain()
	if err != nil {
		t.Fatal(err)
	}
	theirText, err := in.Render()
	if err != nil {
		t.Fatalf("the oracle refuses what we take: %v", err)
	}
	if diff := differenceOf(t, theirText, text, w); diff != "" {
		t.Fatal(diff)
	}
}

// knownTo leaves out objects with fields that this version of Prometheus does not know: neither generator gets to see them, since
// upstream's selection refuses them too.
func knownTo(w *world.World, sel selection.Result) selection.Result {
	verdicts := promconfig.NewRenderer().Render(w, sel).Verdicts
	sel.ScrapeConfigs = slices.DeleteFunc(sel.ScrapeConfigs, func(c *v1alpha1.ScrapeConfig) bool {
		id := world.Object{Kind: world.ScrapeConfig}
		id.Namespace, id.Name = c.Namespace, c.Name
		return verdicts[id].Reason == promconfig.UnsupportedVersion
	})
	return sel
}

func differenceOf(t rapid.TB, theirs, ours []byte, w *world.World) string {
	their, err := Parse(theirs)
	if err != nil {
		t.Fatal(err)
	}
	our, err := Parse(ours)
	if err != nil {
		t.Fatal(err)
	}
	return Difference(their, our, w)
}
