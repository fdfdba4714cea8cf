package promconfig

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	yaml2 "go.yaml.in/yaml/v2"
	yaml "go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// Text comes back as it was from both versions of YAML.
func FuzzScalar(f *testing.F) {
	for _, text := range []string{"", "a", "yes", "1e3", "0x1f", "~", "a: b", "- a", "\x00\n\t\u2028é😀", "2001-01-01", "$(A)", "/x", "a#b", "-.inf"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ToValidUTF8(text, "") != text {
			t.Skip("inspection refuses what is not UTF-8")
		}
		line := append(appendScalar([]byte("a: ["), text), ']', '\n')
		for name, read := range map[string]func([]byte, any) error{"1.1": yaml2.Unmarshal, "1.2": yaml.Unmarshal} {
			var got map[string][]any
			if err := read(line, &got); err != nil {
				t.Fatalf("YAML %s: %v in %q", name, err, line)
			}
			if got["a"][0] != any(text) {
				t.Fatalf("YAML %s reads %q as %#v", name, line, got["a"][0])
			}
		}
	})
}

// The reloader turns a literal back into the text: it replaces $(NAME) and takes $$(NAME) for $(NAME), in one pass.
func TestLiteralsComeBack(t *testing.T) {
	t.Parallel()
	reloader := regexp.MustCompile(`\$?\$\([A-Za-z_][A-Za-z0-9_]*\)`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("$()aA_1 "))).Draw(t, "text")
		back := reloader.ReplaceAllStringFunc(literal(text), func(found string) string {
			if !strings.HasPrefix(found, "$$") {
				return "EXPANDED"
			}
			return found[1:]
		})
		if back != text {
			t.Fatalf("%q becomes %q", text, back)
		}
	})
}

// One change costs one object's inspection and rendering, and the compression of one member, wherever it is.
func TestOneChangeOneMember(t *testing.T) {
	t.Parallel()
	var sel selection.Result
	for i := range 2_000 {
		m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: fmt.Sprintf("m%04d", i), Generation: 1}}
		m.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
		sel.ServiceMonitors = append(sel.ServiceMonitors, m)
	}
	w := &world.World{Prometheus: &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "main"}}}
	r := NewRenderer()
	r.Render(w, sel)
	for name, change := range map[string]func(){
		"Changed": func() {
			m := sel.ServiceMonitors[1_000].DeepCopy()
			m.Generation, m.Spec.Endpoints[0].Path = 2, "/x"
			sel.ServiceMonitors[1_000] = m
		},
		"Removed": func() { sel.ServiceMonitors = append(sel.ServiceMonitors[:500:500], sel.ServiceMonitors[501:]...) },
	} {
		members, objects := maps.Clone(r.members.known), maps.Clone(r.objects)
		change()
		r.Render(w, sel)
		if n := fresh(members, r.members.known); n == 0 || n > 2 {
			t.Errorf("%s: %d members were compressed of %d; a change costs one, two where it moves a border", name, n, len(r.members.known))
		}
		if n := fresh(objects, r.objects); n > 1 {
			t.Errorf("%s: %d objects of %d were judged and rendered again", name, n, len(r.objects))
		}
		if len(r.objects) != len(sel.ServiceMonitors) {
			t.Errorf("%s: %d objects are remembered, %d are selected", name, len(r.objects), len(sel.ServiceMonitors))
		}
	}
}

// What is taken for a field of the pods is in no job.
func TestPodsAreInNoJob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		jobs := func() string {
			text, err := NewRenderer().Render(w, sel).Plain()
			if err != nil {
				t.Fatal(err)
			}
			_, list, _ := strings.Cut(string(text), "\nscrape_configs:")
			return list
		}
		before := jobs()
		w.Prometheus.Spec.CommonPrometheusFields = withoutPods(w.Prometheus.Spec.CommonPrometheusFields)
		if after := jobs(); after != before {
			t.Fatalf("without the fields of pods the jobs are\n%s\nand with them\n%s", after, before)
		}
	})
}

// fresh counts what was made since before.
func fresh[K, V comparable](before, after map[K]V) int {
	n := 0
	for key, value := range after {
		if before[key] != value {
			n++
		}
	}
	return n
}

// The name of a file tells which reference it is of: no two share one.
func TestF71NoTwoReferencesShareAFile(t *testing.T) {
	t.Parallel()
	name, key := rapid.StringMatching(`[ab]([ab.-]{0,3}[ab])?`), rapid.StringMatching(`[ab_.-]{1,5}`)
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.SampledFrom([]world.Source{world.FromSecret, world.FromConfigMap}).Draw(t, "source")
		r := world.Reference{Source: source, Namespace: name.Draw(t, "namespace"), Name: name.Draw(t, "name"), Key: key.Draw(t, "key")}
		parts := strings.SplitN(assetName(r), "_", 4)
		if len(parts) != 4 {
			t.Fatalf("%v is the file %v", r, parts)
		}
		back := world.Reference{Source: map[string]world.Source{"0": world.FromSecret, "1": world.FromConfigMap}[parts[0]], Namespace: parts[1], Name: parts[2], Key: parts[3]}
		if back != r {
			t.Fatalf("%v is the file of %v", r, back)
		}
	})
}
