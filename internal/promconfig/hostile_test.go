package promconfig_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// beside renders what a tenant brings next to a good monitor, and holds that the good one's job is always there, byte by byte.
func beside(t *testing.T, spec func(*v1.PrometheusSpec), values world.Values, objects ...any) (map[string]any, promconfig.Result) {
	t.Helper()
	good := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "good", Name: "good"}}
	good.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
	w := &world.World{Prometheus: newPrometheus(spec), Values: values, ServiceMonitors: []*v1.ServiceMonitor{good}}
	for _, o := range objects {
		switch o := o.(type) {
		case *v1.ServiceMonitor:
			w.ServiceMonitors = append(w.ServiceMonitors, o)
		case *v1.PodMonitor:
			w.PodMonitors = append(w.PodMonitors, o)
		case *v1.Probe:
			w.Probes = append(w.Probes, o)
		case *v1alpha1.ScrapeConfig:
			w.ScrapeConfigs = append(w.ScrapeConfigs, o)
		}
	}
	_, alone := render(t, &world.World{Prometheus: w.Prometheus, Values: values, ServiceMonitors: w.ServiceMonitors[:1]})
	start := time.Now()
	config, result := render(t, w)
	// Far above what a slow machine takes, far below what the bombs cost a parser that falls for them: minutes and gigabytes.
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("rendering took %v: hostile input must stay cheap", took)
	}
	const name = "serviceMonitor/good/good/0"
	if want, got := jobsIn(t, alone)[name], jobsIn(t, result)[name]; got != want || want == "" {
		t.Errorf("the good monitor's job is no longer what it was:\n%s\nit was\n%s", got, want)
	}
	return config, result
}

func jobNames(config map[string]any) []string {
	var names []string
	jobs, _ := config["scrape_configs"].([]any)
	for _, job := range jobs {
		names = append(names, job.(map[string]any)["job_name"].(string))
	}
	return names
}

// jobsIn are the texts of all jobs by their names.
func jobsIn(t rapid.TB, result promconfig.Result) map[string]string {
	t.Helper()
	text, err := result.Plain()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "\nscrape_configs:\n")
	out := map[string]string{}
	for _, job := range strings.Split("\n"+strings.TrimSuffix(list, "\n"), "\n- job_name: ")[1:] {
		name, rest, _ := strings.Cut(job, "\n")
		out[name] = rest
	}
	return out
}

func tenant(endpoint v1.Endpoint) *v1.ServiceMonitor {
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}}
	m.Spec.Endpoints = []v1.Endpoint{endpoint}
	return m
}

func relabeled(steps ...v1.RelabelConfig) v1.Endpoint {
	return v1.Endpoint{Port: "web", MetricRelabelConfigs: steps}
}

// refused holds that a tenant's object is left out, with this reason and a message that names the field.
func refused(t *testing.T, result promconfig.Result, reason, says string) {
	t.Helper()
	for id, verdict := range result.Verdicts {
		if id.Namespace == "tenant" {
			if verdict.Reason != reason || !strings.Contains(verdict.Message, says) {
				t.Errorf("the verdict is %q, %q; want %s naming %s", verdict.Reason, verdict.Message, reason, says)
			}
			return
		}
	}
	t.Errorf("the object is taken; it should be refused as %s", reason)
}

func TestF67RegexBombs(t *testing.T) {
	t.Parallel()
	at := "spec.endpoints[0].metricRelabelings[0]"
	for name, tc := range map[string]struct{ regex, reason string }{
		"Repeats":      {strings.Repeat("[a-z0-9]{1,1000}", 40), promconfig.InvalidRegex},
		"Classes":      {strings.Repeat(`\pL`, 1_300), promconfig.TooLarge},
		"ManyClasses":  {strings.Repeat(`\pL`, 20_000), promconfig.TooLarge},
		"Alternatives": {strings.Repeat("a|", 200_000), promconfig.TooLarge},
		"Folded":       {"(?i)" + strings.Repeat(`[B-\x{1E942}]`, 300), promconfig.TooLarge},
		"Nested":       {strings.Repeat("(", 1_500) + strings.Repeat(")", 1_500), promconfig.InvalidRegex},
		"Invalid":      {"(", promconfig.InvalidRegex},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, nil, world.Values{}, tenant(relabeled(v1.RelabelConfig{Action: "drop", Regex: tc.regex})))
			refused(t, result, tc.reason, at)
		})
	}
	t.Run("ManySmallOnes", func(t *testing.T) {
		t.Parallel()
		var steps []v1.RelabelConfig
		for i := range 100 {
			steps = append(steps, v1.RelabelConfig{Action: "drop", Regex: fmt.Sprintf("%d[a-z]%s", i, strings.Repeat("a", 1_000))})
		}
		_, result := beside(t, nil, world.Values{}, tenant(relabeled(steps...)))
		refused(t, result, promconfig.TooLarge, "spec.endpoints[0]")
	})
	t.Run("ManySmallPrograms", func(t *testing.T) {
		t.Parallel()
		var steps []v1.RelabelConfig
		for i := range 500 {
			steps = append(steps, v1.RelabelConfig{Action: "drop", Regex: fmt.Sprintf("%d([a-z0-9]{30}){30}", i)})
		}
		_, result := beside(t, nil, world.Values{}, tenant(relabeled(steps...)))
		refused(t, result, promconfig.TooLarge, "spec.endpoints[0].metricRelabelings[")
	})
	t.Run("HundredThousandSteps", func(t *testing.T) {
		t.Parallel()
		_, result := beside(t, nil, world.Values{}, tenant(relabeled(make([]v1.RelabelConfig, 100_000)...)))
		refused(t, result, promconfig.TooLarge, "spec.endpoints[0].metricRelabelings")
	})
	t.Run("Backtracking", func(t *testing.T) {
		t.Parallel()
		_, result := beside(t, nil, world.Values{}, tenant(relabeled(v1.RelabelConfig{Action: "drop", Regex: "(a+)+$"})))
		if len(result.Verdicts) > 0 {
			t.Errorf("Prometheus' engine never backtracks, so this one is harmless: %v", result.Verdicts)
		}
	})
}

func TestF71ReferencesStayInTheirNamespace(t *testing.T) {
	t.Parallel()
	readable := world.NewValues(map[world.Reference]world.Value{
		{Source: world.FromSecret, Namespace: "victim", Name: "s", Key: "k"}: world.NewValue([]byte("stolen")),
		{Source: world.FromSecret, Namespace: "tenant", Name: "s", Key: "k"}: world.NewValue([]byte("own")),
	}, nil)
	for name, ref := range map[string][2]string{
		"Slash": {"victim/s", "k"}, "Dots": {"../victim/s", "k"}, "Empty": {"", "k"}, "Wildcard": {"*", "k"}, "KeyWithPath": {"s", "../../k"}, "Absent": {"t", "k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sel := *extra(ref[1])
			sel.Name = ref[0]
			ep := v1.Endpoint{Port: "web"}
			ep.BasicAuth = &v1.BasicAuth{Password: sel}
			config, result := beside(t, nil, readable, tenant(ep))
			refused(t, result, promconfig.MissingReference, "does not exist or may not be read")
			if strings.Contains(fmt.Sprint(config), "stolen") {
				t.Error("another namespace's Secret is in the configuration")
			}
		})
	}
	t.Run("Certificate", func(t *testing.T) {
		t.Parallel()
		ep := v1.Endpoint{Port: "web"}
		sel := extra("k")
		sel.Name = "../victim/s"
		ep.TLSConfig = &v1.TLSConfig{SafeTLSConfig: v1.SafeTLSConfig{CA: v1.SecretOrConfigMap{Secret: sel}}}
		_, result := beside(t, nil, readable, tenant(ep))
		refused(t, result, promconfig.MissingReference, "does not exist or may not be read")
		if len(result.Assets) > 0 {
			t.Errorf("files for Prometheus: %v", result.Assets)
		}
	})
}

func TestF72FilesOfPrometheus(t *testing.T) {
	t.Parallel()
	const token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
	deny := func(p *v1.PrometheusSpec) { p.ArbitraryFSAccessThroughSMs.Deny = true }
	tls := func(files v1.TLSFilesConfig) v1.Endpoint {
		ep := v1.Endpoint{Port: "web"}
		ep.TLSConfig = &v1.TLSConfig{TLSFilesConfig: files}
		return ep
	}
	for name, ep := range map[string]v1.Endpoint{
		"BearerToken": {Port: "web", BearerTokenFile: token},
		"CA":          tls(v1.TLSFilesConfig{CAFile: token}),
		"Certificate": tls(v1.TLSFilesConfig{CertFile: token, KeyFile: "/etc/prometheus/certs/../../../" + token}),
		"Relative":    tls(v1.TLSFilesConfig{CAFile: "../token"}),
		"DoubleSlash": tls(v1.TLSFilesConfig{CAFile: "//var/token"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, result := beside(t, deny, world.Values{}, tenant(ep))
			refused(t, result, promconfig.FileAccess, "spec.endpoints[0]")
			if strings.Contains(fmt.Sprint(config), "token") {
				t.Error("the file is in the configuration")
			}
		})
	}
	t.Run("FileDiscovery", func(t *testing.T) {
		t.Parallel()
		c := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}}
		c.Spec.FileSDConfigs = []v1alpha1.FileSDConfig{{Files: []v1alpha1.SDFile{"/etc/x.json"}}}
		_, result := beside(t, deny, world.Values{}, c)
		refused(t, result, promconfig.FileAccess, "spec.fileSDConfigs[0].files")
	})
}

func TestF74NothingOfATenantIsExpanded(t *testing.T) {
	t.Parallel()
	for name, ep := range map[string]v1.Endpoint{
		"Replacement": relabeled(v1.RelabelConfig{TargetLabel: "a", Replacement: new("$(KUBERNETES_SERVICE_HOST)")}),
		"PodName":     relabeled(v1.RelabelConfig{TargetLabel: "a", Replacement: new("$(POD_NAME)")}),
		"Nested":      relabeled(v1.RelabelConfig{TargetLabel: "a", Replacement: new("$($(X))")}),
		"Param":       {Port: "web", Params: map[string][]string{"q": {"$(SECRET)"}}},
		"ParamName":   {Port: "web", Params: map[string][]string{"$(SECRET)": {"q"}}},
		"Path":        {Port: "web", Path: "/$(SECRET)"},
		"Port":        {Port: "$(SECRET)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, nil, world.Values{}, tenant(ep))
			refused(t, result, promconfig.EnvReference, "spec.endpoints[0]")
		})
	}
	t.Run("SecretIsData", func(t *testing.T) {
		t.Parallel()
		r := world.Reference{Source: world.FromSecret, Namespace: "tenant", Name: "extra", Key: "k"}
		ep := v1.Endpoint{Port: "web"}
		ep.BasicAuth = &v1.BasicAuth{Password: *extra("k")}
		config, result := beside(t, nil, world.NewValues(map[world.Reference]world.Value{r: world.NewValue([]byte("p$(SECRET)"))}, nil), tenant(ep))
		if len(result.Verdicts) > 0 || !strings.Contains(fmt.Sprint(config), "p$$(SECRET)") {
			t.Errorf("what stands in a Secret is escaped, not refused: %v", result.Verdicts)
		}
	})
	t.Run("OfThePrometheus", func(t *testing.T) {
		t.Parallel()
		_, result := beside(t, func(p *v1.PrometheusSpec) {
			p.RemoteWrite = []v1.RemoteWriteSpec{{URL: "http://a.example", Headers: map[string]string{"X-Pod": "$(POD_NAME)"}}, {URL: "http://$(SECRET)"}}
		}, world.Values{})
		if v := verdictOn(result, world.Prometheus); !strings.Contains(v.Message, "spec.remoteWrite[1].url") || strings.Contains(v.Message, "remoteWrite[0]") {
			t.Errorf("its own text may name its pod and nothing else: %v", v)
		}
	})
}

// A request that fails for a while is no wish of the user.
func TestAKeyThatCannotBeReadKeepsTheJob(t *testing.T) {
	t.Parallel()
	r := world.Reference{Source: world.FromSecret, Namespace: "tenant", Name: "extra", Key: "k"}
	ep := v1.Endpoint{Port: "web"}
	ep.BasicAuth = &v1.BasicAuth{Password: *extra("k")}
	monitor := tenant(ep)
	w := &world.World{Prometheus: newPrometheus(nil), ServiceMonitors: []*v1.ServiceMonitor{monitor}}
	w.Values = world.NewValues(map[world.Reference]world.Value{r: world.NewValue([]byte("secret"))}, nil)
	before, published := render(t, w)

	w.Owned.ConfigSecret = configSecret(published)
	w.Values = world.NewValues(nil, map[world.Reference]error{r: errors.New("timeout")})
	after, result := render(t, w)
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the configuration changed:\n%v\n%v", before, after)
	}
	refused(t, result, promconfig.UnknownReference, "spec.endpoints[0].basicAuth.password")

	w.Values = world.Values{}
	gone, result := render(t, w)
	if len(jobNames(gone)) != 0 {
		t.Error("a key that does not exist takes the job with it")
	}
	refused(t, result, promconfig.MissingReference, "spec.endpoints[0].basicAuth.password")
}

// What is alike compresses to almost nothing: the parts have room for it, and the reloaders have not.
func TestManyEndpointsOfOneObject(t *testing.T) {
	t.Parallel()
	labels := map[string]string{}
	for i := range 200 {
		labels[fmt.Sprintf("example.com/some-label-%03d", i)] = strings.Repeat("a", 60)
	}
	for name, tc := range map[string]struct {
		endpoints int
		labels    map[string]string
		taken     bool
	}{
		"Usual": {endpoints: 1_000, taken: true}, "Many": {endpoints: 20_000}, "VeryMany": {endpoints: 100_000},
		"LongSelector": {endpoints: 2_500, labels: labels},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := tenant(v1.Endpoint{})
			m.Spec.Selector.MatchLabels, m.Spec.Endpoints = tc.labels, make([]v1.Endpoint, tc.endpoints)
			config, result := beside(t, nil, world.Values{}, m)
			if tc.taken {
				if jobs := len(jobNames(config)); jobs != 1+tc.endpoints || len(result.Verdicts) > 0 {
					t.Errorf("%d jobs of %d: %v", jobs, 1+tc.endpoints, result.Verdicts)
				}
				return
			}
			refused(t, result, promconfig.TooLarge, fmt.Sprintf("of its %d jobs take", tc.endpoints))
			if jobs := len(jobNames(config)); jobs != 1 {
				t.Errorf("%d jobs; only the good monitor's is expected", jobs)
			}
		})
	}
}

// An edit that makes an object too large leaves it as it was published.
func TestAnObjectThatGrewTooLargeStays(t *testing.T) {
	t.Parallel()
	m := tenant(v1.Endpoint{Port: "web"})
	w := &world.World{Prometheus: newPrometheus(nil), ServiceMonitors: []*v1.ServiceMonitor{m}}
	before, published := render(t, w)
	w.Owned.ConfigSecret = configSecret(published)
	m.Spec.Endpoints = make([]v1.Endpoint, 20_000)
	after, result := render(t, w)
	refused(t, result, promconfig.TooLarge, "and one object may take 4194304")
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the configuration changed:\n%v\n%.1000v", before, after)
	}
}
