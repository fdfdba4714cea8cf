package promconfig_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// restarted is the World that an operator finds that was started anew: what was published, and nothing remembered.
func restarted(w *world.World, published promconfig.Result) *world.World {
	assets := &corev1.Secret{Data: map[string][]byte{}}
	assets.Name = world.AssetShardName(w.Prometheus.Name, 0)
	for name, value := range published.Assets {
		assets.Data[name] = value.Reveal()
	}
	next := *w
	next.Owned = world.Owned{ConfigSecret: configSecret(published), Secrets: []*corev1.Secret{assets}}
	return &next
}

// An edit that breaks a monitor loses nothing that worked, and holds on to nothing that it may no longer have.
func TestWhatAnEditBreaksStays(t *testing.T) {
	t.Parallel()
	broken := func(ep *v1.Endpoint) { ep.Path, ep.RelabelConfigs = "/new", []v1.RelabelConfig{{Regex: "("}} }
	cases := map[string]struct {
		reason string
		edit   func(*v1.Endpoint)
		spec   func(*v1.PrometheusSpec)
		values world.Values
		goes   bool
	}{
		"Regex":       {reason: "what was good before stays", edit: broken, values: secretOf("extra", "web")},
		"Timeout":     {reason: "whatever the mistake is", edit: func(ep *v1.Endpoint) { ep.ScrapeTimeout = "1h" }, values: secretOf("extra", "web")},
		"MorePods":    {reason: "nothing that shapes pods bears on a job", edit: broken, spec: func(p *v1.PrometheusSpec) { p.Replicas, p.Image = new(int32(3)), new("x") }, values: secretOf("extra", "web")},
		"Unreadable":  {reason: "a failing request is no wish of the user", values: unreadable()},
		"LaterToo":    {reason: "not even under other settings", spec: func(p *v1.PrometheusSpec) { p.OverrideHonorLabels = true }, values: unreadable()},
		"Both":        {reason: "not even beside a mistake", edit: broken, values: unreadable()},
		"SecretGone":  {reason: "who deletes a Secret ends its use", goes: true},
		"Enforcement": {reason: "a job from before could escape what is enforced since", edit: broken, spec: func(p *v1.PrometheusSpec) { p.EnforcedNamespaceLabel = "tenant" }, values: secretOf("extra", "web"), goes: true},
		"NoFiles":     {reason: "what it names is forbidden by now", spec: func(p *v1.PrometheusSpec) { p.ArbitraryFSAccessThroughSMs.Deny = true }, values: secretOf("extra", "web"), edit: func(ep *v1.Endpoint) { ep.BearerTokenFile, ep.BasicAuth = "/token", nil }, goes: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			monitor := monitorOf("edited", nil)
			monitor.Spec.Endpoints[0].BasicAuth = password("k")
			monitor.Spec.Endpoints = append(monitor.Spec.Endpoints, v1.Endpoint{Port: "admin"})
			w := &world.World{Prometheus: newPrometheus(withClass(nil)), Values: secretOf("extra", "web", "monitoring"), ServiceMonitors: []*v1.ServiceMonitor{monitor}}
			_, published := render(t, w)
			before := jobsIn(t, published)

			edited := monitor.DeepCopy()
			if tc.edit != nil {
				tc.edit(&edited.Spec.Endpoints[0])
			}
			next := restarted(w, published)
			next.Prometheus, next.Values, next.ServiceMonitors = newPrometheus(withClass(tc.spec)), tc.values, []*v1.ServiceMonitor{edited}
			_, result := render(t, next)
			after := jobsIn(t, result)
			const job, other = "serviceMonitor/web/edited/0", "serviceMonitor/web/edited/1"
			if _, stays := after[job]; stays == tc.goes || stays && after[job] != before[job] {
				t.Errorf("%s: the job is\n%s\nand was\n%s", tc.reason, after[job], before[job])
			}
			if after[other] == "" {
				t.Error("the other endpoint is good and stays")
			}
			if verdictOn(result, world.ServiceMonitor).Accepted() {
				t.Error("the monitor is told what is wrong with it")
			}
		})
	}
}

// withClass adds a scrape class that no monitor is of. That its Secret is gone later bears on no verdict of theirs.
func withClass(change func(*v1.PrometheusSpec)) func(*v1.PrometheusSpec) {
	return func(p *v1.PrometheusSpec) {
		token := v1.SafeAuthorization{Credentials: extra("k")}
		p.ScrapeClasses = []v1.ScrapeClass{{Name: "other", Authorization: &v1.Authorization{SafeAuthorization: token}}}
		if change != nil {
			change(p)
		}
	}
}

// secretOf is a Secret of this name in each of the namespaces.
func secretOf(name string, namespaces ...string) world.Values {
	found := map[world.Reference]world.Value{}
	for _, namespace := range namespaces {
		found[world.Reference{Source: world.FromSecret, Namespace: namespace, Name: name, Key: "k"}] = world.NewValue([]byte("secret"))
	}
	return world.NewValues(found, nil)
}

func unreadable() world.Values {
	r := world.Reference{Source: world.FromSecret, Namespace: "web", Name: "extra", Key: "k"}
	return world.NewValues(nil, map[world.Reference]error{r: errors.New("timeout")})
}

// Whatever is broken by an edit or can't be read for a while: the configuration and its files stay, also when the operator starts
// anew in between.
func TestMistakesAndFailuresChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		published := promconfig.NewRenderer().Render(w, sel)
		w = restarted(w, published)
		w.Values = failing(t)
		after := promconfig.NewRenderer().Render(w, edited(t, sel))
		if after.Stored == nil {
			return // nothing can be rendered, so that everything stays as it is
		}
		if want, got := string(plain(t, published)), string(plain(t, after)); got != want {
			t.Fatalf("the configuration changed from\n%s\nto\n%s", want, got)
		}
		sameFiles(t, published, after)
		if after.Settings != published.Settings {
			t.Fatal("what is published is under the same settings still")
		}
	})
}

// sameFiles holds that the TLS files are those of before.
func sameFiles(t *rapid.T, before, after promconfig.Result) {
	if !maps.EqualFunc(before.Assets, after.Assets, func(a, b world.Value) bool { return string(a.Reveal()) == string(b.Reveal()) }) {
		t.Fatalf("the files were %v and are %v", slices.Sorted(maps.Keys(before.Assets)), slices.Sorted(maps.Keys(after.Assets)))
	}
}

// failing are the values of which some can't be read.
func failing(t *rapid.T) world.Values {
	found, unknown := map[world.Reference]world.Value{}, map[world.Reference]error{}
	seldom := rapid.IntRange(0, 9)
	read := func(r world.Reference, data []byte) {
		if seldom.Draw(t, r.String()) == 0 {
			unknown[r] = errors.New("timeout")
			return
		}
		found[r] = world.NewValue(data)
	}
	for _, namespace := range random.Namespaces {
		for _, key := range slices.Sorted(maps.Keys(random.SecretData())) {
			read(world.Reference{Source: world.FromSecret, Namespace: namespace, Name: random.SecretName, Key: key}, random.SecretData()[key])
		}
		for _, key := range slices.Sorted(maps.Keys(random.ConfigMapData())) {
			read(world.Reference{Source: world.FromConfigMap, Namespace: namespace, Name: random.ConfigMapName, Key: key}, []byte(random.ConfigMapData()[key]))
		}
	}
	return world.NewValues(found, unknown)
}

// edited is a selection of which some objects are broken.
func edited(t *rapid.T, sel selection.Result) selection.Result {
	wrong := v1.RelabelConfig{Action: "keep", Regex: "("}
	often := rapid.Bool()
	for i, o := range sel.ServiceMonitors {
		sel.ServiceMonitors[i] = o.DeepCopy()
		for n := range o.Spec.Endpoints {
			if ep := &sel.ServiceMonitors[i].Spec.Endpoints[n]; often.Draw(t, fmt.Sprintf("service monitor %d/%d", i, n)) {
				ep.Path, ep.RelabelConfigs = "/edited", append(ep.RelabelConfigs, wrong)
			}
		}
	}
	for i, o := range sel.PodMonitors {
		sel.PodMonitors[i] = o.DeepCopy()
		if often.Draw(t, fmt.Sprintf("pod monitor %d", i)) {
			sel.PodMonitors[i].Spec.Selector.MatchLabels = map[string]string{"no label!": ""}
		}
	}
	for i, o := range sel.ScrapeConfigs {
		sel.ScrapeConfigs[i] = o.DeepCopy()
		if spec := &sel.ScrapeConfigs[i].Spec; often.Draw(t, fmt.Sprintf("scrape config %d", i)) {
			spec.StaticConfigs, spec.RelabelConfigs = nil, append(spec.RelabelConfigs, wrong)
		}
	}
	return sel
}
