package promconfig_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"

	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

func configSecret(published promconfig.Result) *corev1.Secret {
	s := &corev1.Secret{Data: map[string][]byte{world.ConfigPartKey(0): published.Stored}}
	s.Annotations = map[string]string{promconfig.SettingsAnnotation: published.Settings}
	return s
}

// What a Renderer remembers changes the cost of a call and never its result; neither does the order of objects.
func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		fresh := promconfig.NewRenderer().Render(w, sel)

		warm := promconfig.NewRenderer()
		other, otherSel := random.World(t, rapid.SampledFrom([]string{"v2.45.0", "v3.0.0", world.DefaultPrometheusVersion}).Draw(t, "version"))
		warm.Render(other, otherSel)
		warm.Render(w, selection.Result{ServiceMonitors: sel.ServiceMonitors})
		for range 2 {
			if again := warm.Render(w, shuffled(sel)); !bytes.Equal(again.Stored, fresh.Stored) || again.Jobs != fresh.Jobs {
				t.Fatal("another result from a Renderer that has seen other things")
			}
		}
		if len(fresh.Verdicts) > 0 {
			t.Fatalf("valid objects are taken: %v", fresh.Verdicts)
		}
	})
}

func shuffled(sel selection.Result) selection.Result {
	sel.ServiceMonitors, sel.PodMonitors = shuffle(sel.ServiceMonitors), shuffle(sel.PodMonitors)
	sel.Probes, sel.ScrapeConfigs = shuffle(sel.Probes), shuffle(sel.ScrapeConfigs)
	return sel
}

func shuffle[T any](list []T) []T {
	out := append([]T(nil), list...)
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// What is read back from the cluster is what was written, so that it can stay when something can't be rendered.
func TestPublishedStaysAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		published := promconfig.NewRenderer().Render(w, sel)
		w = restarted(w, published)
		w.Values = ownValues() // of what is not selected nothing is read
		invalid := map[world.Kind]world.Verdict{}
		for _, kind := range []world.Kind{world.ServiceMonitor, world.PodMonitor, world.Probe, world.ScrapeConfig} {
			invalid[kind] = world.Verdict{Reason: selection.InvalidSelector}
		}
		after := promconfig.NewRenderer().Render(w, selection.Result{Invalid: invalid})
		if after.Jobs != published.Jobs || !bytes.Equal(plain(t, after), plain(t, published)) {
			t.Fatalf("%d jobs of %d are left while nothing is known of what is selected", after.Jobs, published.Jobs)
		}
		sameFiles(t, published, after)
	})
}

// ownValues are those that belong to the Prometheus itself.
func ownValues() world.Values {
	found := map[world.Reference]world.Value{}
	all := random.Values()
	for key := range random.SecretData() {
		r := world.Reference{Source: world.FromSecret, Namespace: random.Namespaces[0], Name: random.SecretName, Key: key}
		found[r], _ = all.Get(r)
	}
	for key := range random.ConfigMapData() {
		r := world.Reference{Source: world.FromConfigMap, Namespace: random.Namespaces[0], Name: random.ConfigMapName, Key: key}
		found[r], _ = all.Get(r)
	}
	return world.NewValues(found, nil)
}

func plain(t *rapid.T, r promconfig.Result) []byte {
	text, err := r.Plain()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var certificateFile = regexp.MustCompile(`/etc/prometheus/certs/([^"\s]+)`)

// Prometheus finds every file that it is told of in its volume of certificates.
func TestFilesThatAreNamedAreShipped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		res := promconfig.NewRenderer().Render(w, sel)
		for _, found := range certificateFile.FindAllSubmatch(plain(t, res), -1) {
			if _, shipped := res.Assets[string(found[1])]; !shipped {
				t.Fatalf("%s is named and not shipped", found[0])
			}
		}
	})
}
