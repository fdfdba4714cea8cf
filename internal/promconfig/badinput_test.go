package promconfig_test

import (
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/world"
)

// Each kind of object is told what is wrong with it and where; beside holds that every other object's jobs stay as they are.
func TestBadInput(t *testing.T) {
	t.Parallel()
	meta := metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}
	monitor := func(change func(*v1.Endpoint)) any {
		ep := v1.Endpoint{Port: "web"}
		change(&ep)
		return tenant(ep)
	}
	pods := func(change func(*v1.PodMetricsEndpoint)) any {
		m := &v1.PodMonitor{ObjectMeta: meta}
		m.Spec.PodMetricsEndpoints = make([]v1.PodMetricsEndpoint, 1)
		change(&m.Spec.PodMetricsEndpoints[0])
		return m
	}
	probe := func(change func(*v1.ProbeSpec)) any {
		p := &v1.Probe{ObjectMeta: meta}
		p.Spec.ProberSpec.URL = "prober:9115"
		p.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"example.com"}}
		change(&p.Spec)
		return p
	}
	scrape := func(change func(*v1alpha1.ScrapeConfigSpec)) any {
		c := &v1alpha1.ScrapeConfig{ObjectMeta: meta}
		c.Spec.StaticConfigs = []v1alpha1.StaticConfig{{Targets: []v1alpha1.Target{"example.com"}}}
		change(&c.Spec)
		return c
	}
	wrong, many := []v1.RelabelConfig{{Action: "keep", Regex: "("}}, make([]v1.RelabelConfig, 100_000)
	binary := world.NewValues(map[world.Reference]world.Value{
		{Source: world.FromSecret, Namespace: "tenant", Name: "extra", Key: "binary"}: world.NewValue([]byte("a\xff")),
	}, nil)
	cases := map[string]struct {
		object any
		reason string
		says   string
	}{
		"ServiceMonitor/Regex":   {monitor(func(ep *v1.Endpoint) { ep.RelabelConfigs = wrong }), promconfig.InvalidRegex, "spec.endpoints[0].relabelings[0].regex: "},
		"PodMonitor/Regex":       {pods(func(ep *v1.PodMetricsEndpoint) { ep.RelabelConfigs = wrong }), promconfig.InvalidRegex, "spec.podMetricsEndpoints[0].relabelings[0].regex: "},
		"Probe/Regex":            {probe(func(p *v1.ProbeSpec) { p.MetricRelabelConfigs = wrong }), promconfig.InvalidRegex, "spec.metricRelabelings[0].regex: "},
		"ScrapeConfig/Regex":     {scrape(func(c *v1alpha1.ScrapeConfigSpec) { c.RelabelConfigs = wrong }), promconfig.InvalidRegex, "spec.relabelings[0].regex: "},
		"ServiceMonitor/Port":    {monitor(func(ep *v1.Endpoint) { ep.Port = "w[" }), promconfig.InvalidRegex, "spec.endpoints[0]: error parsing regexp"},
		"PodMonitor/Port":        {pods(func(ep *v1.PodMetricsEndpoint) { ep.Port = new("w[") }), promconfig.InvalidRegex, "spec.podMetricsEndpoints[0]: error parsing regexp"},
		"ServiceMonitor/Timeout": {monitor(func(ep *v1.Endpoint) { ep.Interval, ep.ScrapeTimeout = "10s", "11s" }), promconfig.TimeoutAboveInterval, "spec.endpoints[0].scrapeTimeout: a timeout of 11s is longer than the interval of 10s"},
		"PodMonitor/Timeout":     {pods(func(ep *v1.PodMetricsEndpoint) { ep.Interval, ep.ScrapeTimeout = "10s", "11s" }), promconfig.TimeoutAboveInterval, "spec.podMetricsEndpoints[0].scrapeTimeout"},
		"Probe/Timeout":          {probe(func(p *v1.ProbeSpec) { p.Interval, p.ScrapeTimeout = "10s", "11s" }), promconfig.TimeoutAboveInterval, "spec.scrapeTimeout"},
		"ScrapeConfig/Timeout": {scrape(func(c *v1alpha1.ScrapeConfigSpec) {
			c.ScrapeInterval, c.ScrapeTimeout = new(v1.Duration("10s")), new(v1.Duration("11s"))
		}), promconfig.TimeoutAboveInterval, "spec.scrapeTimeout"},
		"ServiceMonitor/SecretKey":   {monitor(func(ep *v1.Endpoint) { ep.BasicAuth = password("gone") }), promconfig.MissingReference, `spec.endpoints[0].basicAuth.password: Secret tenant/extra key "gone" does not exist`},
		"PodMonitor/SecretKey":       {pods(func(ep *v1.PodMetricsEndpoint) { ep.BasicAuth = password("gone") }), promconfig.MissingReference, "spec.podMetricsEndpoints[0].basicAuth.password"},
		"Probe/SecretKey":            {probe(func(p *v1.ProbeSpec) { p.BasicAuth = password("gone") }), promconfig.MissingReference, "spec.basicAuth.password"},
		"ScrapeConfig/SecretKey":     {scrape(func(c *v1alpha1.ScrapeConfigSpec) { c.BasicAuth = password("gone") }), promconfig.MissingReference, "spec.basicAuth.password"},
		"ServiceMonitor/Relabelings": {monitor(func(ep *v1.Endpoint) { ep.RelabelConfigs = many }), promconfig.TooLarge, "spec.endpoints[0].relabelings: 100000 steps"},
		"PodMonitor/Relabelings":     {pods(func(ep *v1.PodMetricsEndpoint) { ep.MetricRelabelConfigs = many }), promconfig.TooLarge, "spec.podMetricsEndpoints[0].metricRelabelings"},
		"Probe/Relabelings":          {probe(func(p *v1.ProbeSpec) { p.Targets.StaticConfig.RelabelConfigs = many }), promconfig.TooLarge, "spec.targets.staticConfig.relabelingConfigs"},
		"ScrapeConfig/Relabelings":   {scrape(func(c *v1alpha1.ScrapeConfigSpec) { c.MetricRelabelConfigs = many }), promconfig.TooLarge, "spec.metricRelabelings"},
		"ServiceMonitor/Text":        {monitor(func(ep *v1.Endpoint) { ep.Path = "/\xff" }), promconfig.InvalidText, "spec.endpoints[0].path: it is not UTF-8 text"},
		"ServiceMonitor/Param":       {monitor(func(ep *v1.Endpoint) { ep.Params = map[string][]string{"\xff": {"a"}} }), promconfig.InvalidText, "spec.endpoints[0].params"},
		"PodMonitor/Text": {pods(func(ep *v1.PodMetricsEndpoint) {
			ep.RelabelConfigs = []v1.RelabelConfig{{TargetLabel: "a", Replacement: new("\xff")}}
		}), promconfig.InvalidText, "spec.podMetricsEndpoints[0].relabelings[0].replacement"},
		"Probe/Text":                {probe(func(p *v1.ProbeSpec) { p.Module = "\xff" }), promconfig.InvalidText, "spec.module"},
		"ScrapeConfig/Text":         {scrape(func(c *v1alpha1.ScrapeConfigSpec) { c.StaticConfigs[0].Targets[0] = "\xff" }), promconfig.InvalidText, "spec.staticConfigs[0].targets[0]"},
		"ScrapeConfig/Size":         {scrape(func(c *v1alpha1.ScrapeConfigSpec) { c.BodySizeLimit = new(v1.ByteSize("10EB")) }), promconfig.InvalidSize, `spec.bodySizeLimit: "10EB" is no size below 8EB`},
		"ServiceMonitor/SecretText": {monitor(func(ep *v1.Endpoint) { ep.BasicAuth = password("binary") }), promconfig.InvalidText, `spec.endpoints[0].basicAuth.password: Secret tenant/extra key "binary" is not UTF-8 text`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, nil, binary, tc.object)
			refused(t, result, tc.reason, tc.says)
			if result.Jobs != 1 {
				t.Errorf("%d jobs; only the good monitor's is expected", result.Jobs)
			}
		})
	}
}

// Without apiServer Prometheus takes no settings of a client, but for those that say what it does by itself.
func TestClientOfThePodsOwnAPIServer(t *testing.T) {
	t.Parallel()
	tls := func(own v1.SafeTLSConfig) func(*v1alpha1.KubernetesSDConfig) {
		return func(sd *v1alpha1.KubernetesSDConfig) { sd.TLSConfig = &own }
	}
	cases := map[string]struct {
		reason string
		set    func(*v1alpha1.KubernetesSDConfig)
		taken  bool
	}{
		"Verified":        {"certificates are verified by default", tls(v1.SafeTLSConfig{InsecureSkipVerify: new(false)}), true},
		"NameOfNothing":   {"it is the name in the address by default", tls(v1.SafeTLSConfig{ServerName: new("")}), true},
		"NoCertificate":   {"a selector without a name selects nothing", tls(v1.SafeTLSConfig{KeySecret: &corev1.SecretKeySelector{}}), true},
		"Redirects":       {"they are followed by default", func(sd *v1alpha1.KubernetesSDConfig) { sd.FollowRedirects = new(true) }, true},
		"NoProxy":         {"there is none by default", func(sd *v1alpha1.KubernetesSDConfig) { sd.NoProxy = new("") }, true},
		"Unverified":      {"it differs", tls(v1.SafeTLSConfig{InsecureSkipVerify: new(true)}), false},
		"Name":            {"it differs", tls(v1.SafeTLSConfig{ServerName: new("a")}), false},
		"Version":         {"it differs, even where it says the default", tls(v1.SafeTLSConfig{MinVersion: new(v1.TLSVersion12)}), false},
		"BasicAuth":       {"an empty one differs from none", func(sd *v1alpha1.KubernetesSDConfig) { sd.BasicAuth = &v1.BasicAuth{} }, false},
		"EmptyProxy":      {"an empty address differs from none", func(sd *v1alpha1.KubernetesSDConfig) { sd.ProxyURL = new("") }, false},
		"NoHTTP2":         {"it differs", func(sd *v1alpha1.KubernetesSDConfig) { sd.EnableHTTP2 = new(false) }, false},
		"FromEnvironment": {"it differs", func(sd *v1alpha1.KubernetesSDConfig) { sd.ProxyFromEnvironment = new(true) }, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}}
			c.Spec.KubernetesSDConfigs = []v1alpha1.KubernetesSDConfig{{Role: v1alpha1.KubernetesRolePod}}
			tc.set(&c.Spec.KubernetesSDConfigs[0])
			if faults := promconfig.Faults(c); (len(faults) == 0) != tc.taken {
				t.Errorf("%s: %v", tc.reason, faults)
			}
		})
	}
}

// The structs of clients are embedded in each other, several deep; a mistake in them is one mistake.
func TestEachFaultIsToldOnce(t *testing.T) {
	t.Parallel()
	probe, pods := &v1.Probe{}, &v1.PodMonitor{}
	probe.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"example.com"}}
	probe.Spec.ProberSpec.URL = "prober:9115"
	probe.Spec.BasicAuth, probe.Spec.BearerTokenSecret = password("k"), extra("k")
	pods.Spec.PodMetricsEndpoints = make([]v1.PodMetricsEndpoint, 1)
	pods.Spec.PodMetricsEndpoints[0].BasicAuth, pods.Spec.PodMetricsEndpoints[0].BearerTokenSecret = password("k"), extra("k")
	monitor := tenant(v1.Endpoint{BearerTokenFile: "/token"})
	monitor.Spec.Endpoints[0].BasicAuth = password("k")
	for _, o := range []any{probe, pods, monitor} {
		faults := promconfig.Faults(o)
		if len(faults) != 1 || faults[0].Reason != promconfig.InvalidClient {
			t.Errorf("%T: want one fault, of two ways to authenticate: %v", o, faults)
		}
	}
}

func password(key string) *v1.BasicAuth { return &v1.BasicAuth{Password: *extra(key)} }

// expandable is what the config-reloader replaces, and how it is escaped.
var expandable = regexp.MustCompile(`\$?\$\([A-Za-z_][A-Za-z0-9_]*\)`)

// Whatever a tenant writes, and however it is split over fields, nothing in its jobs is left for the reloader to replace.
func TestF74NothingIsLeftToExpand(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.SampledFrom([]rune(`$()A "'\,]:` + "\n")))
	rapid.Check(t, func(t *rapid.T) {
		ep := relabeled(v1.RelabelConfig{
			SourceLabels: []v1.LabelName{"a"}, Separator: new(text.Draw(t, "separator")), TargetLabel: "a", Replacement: new(text.Draw(t, "replacement")),
		})
		ep.Path = "/" + text.Draw(t, "path")
		ep.Params = map[string][]string{text.Draw(t, "param"): {text.Draw(t, "first"), text.Draw(t, "second")}}
		ep.BasicAuth = password("k")
		values := world.NewValues(map[world.Reference]world.Value{
			{Source: world.FromSecret, Namespace: "tenant", Name: "extra", Key: "k"}: world.NewValue([]byte(text.Draw(t, "secret"))),
		}, nil)
		_, result := render(t, &world.World{Prometheus: newPrometheus(nil), Values: values, ServiceMonitors: []*v1.ServiceMonitor{tenant(ep)}})
		for _, job := range jobsIn(t, result) {
			for _, found := range expandable.FindAllString(job, -1) {
				if !strings.HasPrefix(found, "$$") && found != "$(SHARD)" { // in the steps of sharding, which are ours
					t.Fatalf("the reloader would replace %s in\n%s", found, job)
				}
			}
		}
	})
}

// Where files are denied no job names one, whatever fields an object has, but for the TLS assets that the operator puts there.
func TestF72NoJobNamesAFile(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`(?m)^\s*(?:- )?(\w*_file|files): (.*)$`)
	rapid.Check(t, func(t *rapid.T) {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		w.Prometheus.Spec.ArbitraryFSAccessThroughSMs.Deny = true
		w.Prometheus.Spec.ScrapeClasses, w.Prometheus.Spec.APIServerConfig = nil, nil // these are the Prometheus' own
		w.Prometheus.Spec.AdditionalScrapeConfigs = nil
		for name, job := range jobsIn(t, promconfig.NewRenderer().Render(w, sel)) {
			for _, found := range named.FindAllStringSubmatch(job, -1) {
				if !strings.HasPrefix(strings.Trim(found[2], `"`), "/etc/prometheus/certs/") || strings.Contains(found[2], "..") {
					t.Fatalf("%s names a file: %s", name, found[0])
				}
			}
		}
	})
}
