package promconfig

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver/v4"
	yaml "go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/promloop/promloop/internal/promconfig/random"
)

// minors are the first versions of all minor releases that are supported.
func minors() []string {
	var out []string
	for minor := uint64(45); minor <= 55; minor++ {
		out = append(out, fmt.Sprintf("2.%d.0", minor))
	}
	for minor := range newestVersion.Minor + 1 {
		out = append(out, fmt.Sprintf("3.%d.0", minor))
	}
	return out
}

// later are directives that are written for later versions only than the first that knows them.
var later = map[string]string{
	"scrape_configs.metric_name_validation_scheme": "3.0.0",  // as prometheus-operator has it; 2.55 knows it
	"moby.DockerSDConfig.match_first_network":      "2.54.1", // likewise; 2.54.0 knows it
}

// What a version knows stands in two places: where we write a directive, and where the user's own text has it.
func TestVersionsAgreeWithWhatIsWritten(t *testing.T) {
	t.Parallel()
	compared := map[string]bool{}
	for _, minor := range minors() {
		e := newEncoder(semver.MustParse(minor))
		for kind, root := range map[string]reflect.Type{jobKind: reflect.TypeFor[scrapeJob](), alertmanagerKind: reflect.TypeFor[alertmanager]()} {
			compareBounds(t, e, kind, root, compared)
		}
	}
	if len(compared) < 200 {
		t.Errorf("only %d directives were compared", len(compared))
	}
}

func compareBounds(t *testing.T, e *encoder, kind string, mapping reflect.Type, compared map[string]bool) {
	for _, field := range e.entries(mapping, nil) {
		place := kind + "." + field.name
		known := knownDirective(e, kind, field.name)
		if field.known && !known {
			t.Errorf("%s is written for %s, which does not know it", place, e.version)
		}
		if known && !field.known && e.version.LT(semver.MustParse(cmp.Or(later[place], "0.0.0"))) {
			continue
		}
		if known && !field.known {
			t.Errorf("%s is not written for %s, which knows it", place, e.version)
		}
		compared[place] = true
		inner := strings.TrimPrefix(grammar()[kind][field.name], "[]")
		if written := writtenAs(mapping.FieldByIndex(field.index).Type); grammar()[inner] != nil && written.Kind() == reflect.Struct {
			compareBounds(t, e, inner, written, compared)
		}
	}
}

// knownDirective asks the grammar of text of the user's own.
func knownDirective(e *encoder, kind, name string) bool {
	if grammar()[kind][name] == "" && formerly[kind][name] == "" {
		return false
	}
	bound, ok := versions[kind][name]
	if !ok {
		bound = versions[anyKind][name]
	}
	return bound.knownTo(e.version)
}

// writtenAs is the type that stands in the configuration for another, or for each item of a list.
func writtenAs(t reflect.Type) reflect.Type {
	for {
		to, translated := translations[t]
		switch {
		case translated:
			t = to.to
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
			t = t.Elem()
		default:
			return t
		}
	}
}

// What is rendered for a version is what that version knows, values included.
func TestEachVersionKnowsWhatIsRendered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.SampledFrom(minors()).Draw(t, "version")
		text, err := NewRenderer().Render(random.World(t, "v"+minor)).Plain()
		if err != nil {
			t.Fatal(err)
		}
		var config struct {
			Jobs     []yaml.Node `yaml:"scrape_configs"`
			Alerting struct {
				Alertmanagers []yaml.Node `yaml:"alertmanagers"`
			} `yaml:"alerting"`
		}
		if err := yaml.Unmarshal(text, &config); err != nil {
			t.Fatal(err)
		}
		in := &inspector{rules: rules{version: semver.MustParse(minor)}}
		for i := range config.Jobs {
			in.knownNode(&config.Jobs[i], jobKind)
		}
		for i := range config.Alerting.Alertmanagers {
			in.knownNode(&config.Alerting.Alertmanagers[i], alertmanagerKind)
		}
		for _, f := range in.faults {
			t.Fatalf("Prometheus %s would refuse%s\n%s", minor, f.Message, text)
		}
	})
}

// A bound of something that no mapping has would never be looked at.
func TestVersionsNameDirectives(t *testing.T) {
	for kind, bounds := range versions {
		kinds := []string{kind}
		if kind == anyKind {
			kinds = slices.Collect(maps.Keys(grammar()))
		}
		for name, bound := range bounds {
			directive, _, _ := strings.Cut(name, ": ")
			if !slices.ContainsFunc(kinds, func(k string) bool { return grammar()[k][directive] != "" || formerly[k][directive] != "" }) {
				t.Errorf("%s has no directive %s", kind, directive)
			}
			if (bound.since == "") == (bound.until == "") {
				t.Errorf("%s: %s has no bound, or two", kind, name)
			}
		}
	}
}
