package loader

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"

	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/world"
)

// Text of the user's own is published where Prometheus takes it, and nowhere else.
func TestAdditionalTextIsWhatPrometheusKnows(t *testing.T) {
	g, err := prometheusGrammar()
	if err != nil {
		t.Fatal(err)
	}
	delete(g["consul.SDConfig"], "username") // a form of basic_auth, which is not judged as one
	delete(g["consul.SDConfig"], "password")
	for mapping, inConfiguration := range map[string]func(list []any) map[string]any{
		"scrape_configs": func(list []any) map[string]any { return map[string]any{"scrape_configs": list} },
		"alertmanagers": func(list []any) map[string]any {
			return map[string]any{"alerting": map[string]any{"alertmanagers": list}}
		},
	} {
		// Prometheus' own parser judges relabelings; Nomad's discovery is not in this loader.
		for _, directive := range []string{"relabel_configs", "metric_relabel_configs", "alert_relabel_configs", "nomad_sd_configs"} {
			delete(g[mapping], directive)
		}
		t.Run(mapping, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				item := randomMapping(t, g, mapping, 0)
				if mapping == "scrape_configs" {
					item["job_name"] = "additional"
				}
				text, plain := marshal(t, []any{item}), marshal(t, inConfiguration([]any{item}))
				verdict := additional(mapping, text)
				switch err := survive(plain); {
				case err == nil && !verdict.Accepted() && !strings.Contains(verdict.Message, "is empty"):
					t.Fatalf("Prometheus takes it: %s\n%s", verdict.Message, text)
				case err != nil && verdict.Accepted() && !unjudged.MatchString(err.Error()):
					t.Fatalf("it would be published: %v\n%s", err, text)
				}
			})
		})
	}
}

// survive is what Prometheus says, be it a panic.
func survive(text []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return Load(text)
}

func marshal(t *rapid.T, v any) []byte {
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// unjudged is what Prometheus says about values of discoveries, and how they go together, that is not judged here: it shows when
// Prometheus refuses the set, which is taken back then.
var unjudged = regexp.MustCompile(`oci_sd|stackit_sd|(azure|EC2|consul|outscale|triton|Uyuni|DigitalOcean|DNS-SD|in DNS-SD|serverset|nerve|kuma).* (SD|config)|` +
	`(?i:sigv4)|only be used with role_arn|DNS-SD records|not a valid hostname|host is missing|marathon_sd: at most|one of secret_key|requires|missing`)

// additional is the verdict on a Prometheus that brings such text.
func additional(mapping string, text []byte) world.Verdict {
	w, sel := random.Monitors(1, world.DefaultPrometheusVersion)
	ref := world.Reference{Source: world.FromSecret, Namespace: w.Prometheus.Namespace, Name: "extra", Key: "text"}
	w.Values = world.NewValues(map[world.Reference]world.Value{ref: world.NewValue(text)}, nil)
	from := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "extra"}, Key: "text"}
	if mapping == "alertmanagers" {
		w.Prometheus.Spec.AdditionalAlertManagerConfigs = from
	} else {
		w.Prometheus.Spec.AdditionalScrapeConfigs = from
	}
	for object, verdict := range promconfig.NewRenderer().Render(w, sel).Verdicts {
		if object.Kind == world.Prometheus {
			return verdict
		}
	}
	return world.Verdict{}
}

// randomMapping has a few directives of a mapping, now and then one that is not known.
func randomMapping(t *rapid.T, g grammar, name string, depth int) map[string]any {
	names := make([]string, 0, len(g[name]))
	for directive := range g[name] {
		names = append(names, directive)
	}
	slices.Sort(names)
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "directives") {
		directive := rapid.SampledFrom(names).Draw(t, "directive")
		kind := g[name][directive]
		if directive == "*" {
			directive = "X-Custom"
		}
		if rapid.IntRange(0, 30).Draw(t, "misspelt") == 0 {
			directive += "x"
		}
		out[directive] = randomValue(t, g, kind, depth+1)
	}
	return out
}

func randomValue(t *rapid.T, g grammar, kind string, depth int) any {
	if rapid.IntRange(0, 40).Draw(t, "wrong") == 0 {
		return rapid.SampledFrom([]any{nil, "text", 3, true, []any{"a"}, []any{3}, []any{nil}, map[string]any{"a": "b"}, map[string]any{}, "yes", "5m", "", []any{}, 1.5}).Draw(t, "value")
	}
	item, list := strings.CutPrefix(kind, "[]")
	value, open := strings.CutPrefix(kind, "{}")
	switch {
	case list:
		return []any{randomValue(t, g, item, depth)}
	case open:
		return map[string]any{"key": randomValue(t, g, value, depth)}
	case g[kind] != nil:
		return randomMapping(t, g, kind, depth)
	}
	text := rapid.SampledFrom([]string{"a", "http://example.org:8080", "instance", "pod", "services", "/a", "a.json", "PrometheusProto", "legacy"}).Draw(t, "text")
	return map[string]any{"text": text, "bool": true, "number": 3, "duration": "5m", "size": "5MB", "any": "b"}[kind]
}
