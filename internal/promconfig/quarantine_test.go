package promconfig_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// secretValue is the reference of a key of the Secret extra, which belongs to the Prometheus.
func secretValue(key, value string) world.Values {
	r := world.Reference{Source: world.FromSecret, Namespace: "monitoring", Name: "extra", Key: key}
	return world.NewValues(map[world.Reference]world.Value{r: world.NewValue([]byte(value))}, nil)
}

func extra(key string) *corev1.SecretKeySelector {
	return &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "extra"}, Key: key}
}

func newPrometheus(change func(*v1.PrometheusSpec)) *v1.Prometheus {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
	p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}
	if change != nil {
		change(&p.Spec)
	}
	return p
}

func render(t rapid.TB, w *world.World) (map[string]any, promconfig.Result) {
	t.Helper()
	result := promconfig.NewRenderer().Render(w, selection.Result{
		ServiceMonitors: w.ServiceMonitors, PodMonitors: w.PodMonitors, Probes: w.Probes, ScrapeConfigs: w.ScrapeConfigs,
	})
	text, err := result.Plain()
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return config, result
}

func verdictOn(result promconfig.Result, kind world.Kind) world.Verdict {
	for id, verdict := range result.Verdicts {
		if id.Kind == kind {
			return verdict
		}
	}
	return world.Verdict{}
}

// Before anything is published, what is wrong with the Prometheus itself is left out: the rest is worth having.
func TestSectionsThatAreWrong(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		spec    func(*v1.PrometheusSpec)
		values  world.Values
		section string
		want    any
		says    string
	}{
		"OTLP": {
			reason:  "Prometheus refuses the whole file over two fields that exclude each other",
			spec:    func(p *v1.PrometheusSpec) { p.OTLP = &v1.OTLPConfig{IgnoreResourceAttributes: []string{"a"}} },
			section: "otlp", says: "spec.otlp",
		},
		"OneOfTwoWriters": {
			reason: "one endpoint that is wrong does not end writing to the other",
			spec: func(p *v1.PrometheusSpec) {
				p.RemoteWrite = []v1.RemoteWriteSpec{{URL: "http://good.example"}, {URL: "http://bad.example", BasicAuth: &v1.BasicAuth{Username: *extra("user")}}}
			},
			section: "remote_write", want: []any{map[string]any{"url": "http://good.example"}}, says: "spec.remoteWrite[1].basicAuth.username",
		},
		"AlertRelabeling": {
			reason: "text with one wrong step means something else without it",
			spec: func(p *v1.PrometheusSpec) {
				p.AdditionalAlertRelabelConfigs = extra("relabel")
			},
			values:  secretValue("relabel", "- {regex: a, action: labeldrop}\n- {regex: (, action: labeldrop}\n"),
			section: "alerting",
			want:    map[string]any{"alert_relabel_configs": []any{map[string]any{"action": "labeldrop", "regex": "prometheus_replica"}}},
			says:    "spec.additionalAlertRelabelConfigs",
		},
		"AlertmanagerAPI1": {
			reason: "Prometheus 3 knows only version 2 of it",
			spec: func(p *v1.PrometheusSpec) {
				p.Version, p.AdditionalAlertManagerConfigs = "v3.0.0", extra("am")
			},
			values:  secretValue("am", "- {api_version: v1, static_configs: [{targets: [a]}]}\n"),
			section: "alerting", want: map[string]any{"alert_relabel_configs": []any{map[string]any{"action": "labeldrop", "regex": "prometheus_replica"}}},
			says: "line 1: Prometheus 3 has no api_version but v2",
		},
		"AlertmanagerAPI1OfPrometheus2": {
			reason: "Prometheus 2 knows both",
			spec: func(p *v1.PrometheusSpec) {
				p.Version, p.AdditionalAlertManagerConfigs = "v2.55.0", extra("am")
			},
			values:  secretValue("am", "- {api_version: v1}\n"),
			section: "alerting", want: map[string]any{
				"alert_relabel_configs": []any{map[string]any{"action": "labeldrop", "regex": "prometheus_replica"}},
				"alertmanagers":         []any{map[string]any{"api_version": "v1"}},
			},
		},
		"NoExemplars": {
			reason:  "zero turns exemplars off, and must not be taken for unset",
			spec:    func(p *v1.PrometheusSpec) { p.Version, p.Exemplars = "v3.0.0", &v1.Exemplars{MaxSize: new(int64(0))} },
			section: "storage", want: map[string]any{"exemplars": map[string]any{"max_exemplars": float64(0)}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, result := render(t, &world.World{Prometheus: newPrometheus(tc.spec), Values: tc.values})
			if diff := cmp.Diff(tc.want, config[tc.section]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if got := verdictOn(result, world.Prometheus).Message; !strings.Contains(got, tc.says) || (tc.says == "") != (got == "") {
				t.Errorf("%s: the verdict says %q, want %q", tc.reason, got, tc.says)
			}
		})
	}
}

func TestAdditionalScrapeConfigsOfAnyDepth(t *testing.T) {
	t.Parallel()
	deep := "- job_name: deep\n  oauth2: {client_id: a, client_secret: b, token_url: http://c, claims: " + strings.Repeat("{a: ", 60) + "b" + strings.Repeat("}", 60) + "}\n"
	w := &world.World{
		Prometheus: newPrometheus(func(p *v1.PrometheusSpec) { p.AdditionalScrapeConfigs = extra("jobs") }),
		Values:     secretValue("jobs", deep),
	}
	config, result := render(t, w)
	var want []any
	if err := yaml.Unmarshal([]byte(deep), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, config["scrape_configs"]); diff != "" {
		t.Errorf("text of the user's own keeps its meaning, however deep it is nested (-want +got):\n%s", diff)
	}
	if len(result.Verdicts) > 0 {
		t.Errorf("nothing is wrong with it: %v", result.Verdicts)
	}
}

func TestProbeAuthorizes(t *testing.T) {
	t.Parallel()
	probe := &v1.Probe{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "site"}}
	probe.Spec.ProberSpec.URL = "prober:9115"
	probe.Spec.Authorization = &v1.SafeAuthorization{Credentials: extra("token")}
	probe.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"example.com"}}
	config, result := render(t, &world.World{Prometheus: newPrometheus(nil), Probes: []*v1.Probe{probe}, Values: secretValue("token", "t")})
	if result.Jobs != 1 {
		t.Fatalf("the probe is rendered: %v", result.Verdicts)
	}
	want := map[string]any{"type": "Bearer", "credentials": "t"}
	got := config["scrape_configs"].([]any)[0].(map[string]any)["authorization"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a Probe has a field authorization of its own beside the one that it embeds (-want +got):\n%s", diff)
	}
}

// Whatever names a file below the directory of certificates, the file goes with it.
func TestFilesOfTheSections(t *testing.T) {
	t.Parallel()
	key := func(k string) *corev1.SecretKeySelector {
		return &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: random.SecretName}, Key: k}
	}
	safe := v1.SafeTLSConfig{Cert: v1.SecretOrConfigMap{Secret: key("cert")}, KeySecret: key("key")}
	full := &v1.TLSConfig{SafeTLSConfig: safe}
	values := map[world.Reference]world.Value{}
	for k, data := range random.SecretData() {
		values[world.Reference{Source: world.FromSecret, Namespace: "monitoring", Name: random.SecretName, Key: k}] = world.NewValue(data)
	}
	for name, spec := range map[string]func(*v1.PrometheusSpec){
		"alerting": func(p *v1.PrometheusSpec) {
			p.Alerting = &v1.AlertingSpec{Alertmanagers: []v1.AlertmanagerEndpoints{{Name: "x", TLSConfig: full}}}
		},
		"remote_write": func(p *v1.PrometheusSpec) {
			p.RemoteWrite = []v1.RemoteWriteSpec{{URL: "https://x.example", TLSConfig: full}}
		},
		"remote_read": func(p *v1.PrometheusSpec) {
			p.RemoteRead = []v1.RemoteReadSpec{{URL: "https://x.example", TLSConfig: full}}
		},
		"tracing": func(p *v1.PrometheusSpec) {
			p.TracingConfig = &v1.TracingConfig{Endpoint: "x.example:4317", TLSConfig: full}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, result := render(t, &world.World{Prometheus: newPrometheus(spec), Values: world.NewValues(values, nil)})
			if len(result.Verdicts) > 0 || config[name] == nil {
				t.Fatalf("it is written: %v, %v", config[name], result.Verdicts)
			}
			want := []string{"0_monitoring_credentials_cert", "0_monitoring_credentials_key"}
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(result.Assets))); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// One endpoint that is wrong is told by its field, and leaves alone.
func TestEndpointThatIsWrong(t *testing.T) {
	t.Parallel()
	step := func(change func(*v1.RelabelConfig)) func(*v1.Endpoint) {
		return func(ep *v1.Endpoint) {
			ep.MetricRelabelConfigs = []v1.RelabelConfig{{TargetLabel: "a", Replacement: new("b")}, {SourceLabels: []v1.LabelName{"a"}, TargetLabel: "c"}}
			change(&ep.MetricRelabelConfigs[1])
		}
	}
	cases := map[string]struct {
		reason string
		change func(*v1.Endpoint)
		want   string
		says   string
	}{
		"Regex": {
			reason: "the words are those of the parser, the path is the field's",
			change: step(func(rc *v1.RelabelConfig) { rc.Regex = "(" }), want: promconfig.InvalidRegex,
			says: "spec.endpoints[1].metricRelabelings[1].regex: error parsing regexp: missing closing )",
		},
		"LargeRegex": {
			reason: "what it compiles to costs far more than its length",
			change: step(func(rc *v1.RelabelConfig) { rc.Regex = strings.Repeat("[a-z]", 820) }), want: promconfig.TooLarge,
			says: "spec.endpoints[1].metricRelabelings[1].regex",
		},
		"Variable": {
			reason: "the reloader would put a value of the operator's in its place",
			change: step(func(rc *v1.RelabelConfig) { rc.Replacement = new("$(POD_NAME)") }), want: promconfig.EnvReference,
			says: "spec.endpoints[1].metricRelabelings[1].replacement",
		},
		"Timeout": {
			reason: "the interval of the Prometheus counts where the endpoint has none",
			change: func(ep *v1.Endpoint) { ep.ScrapeTimeout = "31s" }, want: promconfig.TimeoutAboveInterval,
			says: "spec.endpoints[1].scrapeTimeout",
		},
		"SecretGone": {
			reason: "field, Secret and key are told; the content never is",
			change: func(ep *v1.Endpoint) { ep.Authorization = &v1.SafeAuthorization{Credentials: extra("token")} }, want: promconfig.MissingReference,
			says: `spec.endpoints[1].authorization.credentials: Secret web/extra key "token"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			monitor := monitorOf("a", nil)
			monitor.Spec.Endpoints = append(monitor.Spec.Endpoints, v1.Endpoint{Port: "admin"})
			tc.change(&monitor.Spec.Endpoints[1])
			_, result := render(t, &world.World{Prometheus: newPrometheus(nil), ServiceMonitors: []*v1.ServiceMonitor{monitor, monitorOf("b", nil)}})
			if result.Jobs != 2 {
				t.Errorf("%s: the other endpoint and the other monitor stay, got %d jobs", tc.reason, result.Jobs)
			}
			got := verdictOn(result, world.ServiceMonitor)
			if got.Reason != tc.want || !strings.Contains(got.Message, tc.says) {
				t.Errorf("%s: got %s %q, want %s %q", tc.reason, got.Reason, got.Message, tc.want, tc.says)
			}
		})
	}
}
