package promconfig_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

func monitorOf(name string, class *string) *v1.ServiceMonitor {
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: name}}
	m.Spec.ScrapeClassName = class
	m.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
	return m
}

// A class that is wrong takes no other class' objects down, and none of its own come without what it stands for.
func TestScrapeClassThatIsWrong(t *testing.T) {
	t.Parallel()
	broken := func(spec *v1.PrometheusSpec) {
		spec.ScrapeClasses = []v1.ScrapeClass{
			{Name: "plain"},
			{Name: "secured", Default: new(true), Authorization: &v1.Authorization{SafeAuthorization: v1.SafeAuthorization{Credentials: extra("gone")}}},
		}
	}
	monitors := []*v1.ServiceMonitor{monitorOf("a", nil), monitorOf("b", new("plain")), monitorOf("c", new("secured"))}
	config, result := render(t, &world.World{Prometheus: newPrometheus(broken), ServiceMonitors: monitors})
	jobs, _ := config["scrape_configs"].([]any)
	if len(jobs) != 1 || jobs[0].(map[string]any)["job_name"] != "serviceMonitor/web/b/0" {
		t.Errorf("only the monitor of the class in which nothing is wrong is scraped: %v", jobs)
	}
	for _, name := range []string{"a", "c"} {
		id := world.Object{Kind: world.ServiceMonitor}
		id.Namespace, id.Name = "web", name
		verdict := result.Verdicts[id]
		for _, part := range []string{"spec.scrapeClass", `"secured"`, "spec.scrapeClasses[1].authorization.credentials", "extra"} {
			if !strings.Contains(verdict.Message, part) {
				t.Errorf("%s is told which class is wrong and where: %q lacks %q", name, verdict.Message, part)
			}
		}
	}
	if got := verdictOn(result, world.Prometheus); got.Reason != promconfig.MissingReference {
		t.Errorf("the Prometheus is told too: %+v", got)
	}
}

// Jobs without the credentials for discovery would find nothing: what is published has to stay.
func TestAPIServerThatCannotBeReached(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		config v1.APIServerConfig
		says   string
	}{
		"CredentialsGone": {
			reason: "an empty password is worse than the old configuration",
			config: v1.APIServerConfig{Host: "https://api:6443", BasicAuth: &v1.BasicAuth{Username: *extra("user"), Password: *extra("password")}},
			says:   "spec.apiserverConfig.basicAuth.username",
		},
		"NoAddress": {
			reason: "Prometheus refuses a host without a scheme",
			config: v1.APIServerConfig{Host: "api:6443"},
			says:   "spec.apiserverConfig.host",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPrometheus(func(spec *v1.PrometheusSpec) { spec.APIServerConfig = &tc.config })
			_, result := render(t, &world.World{Prometheus: p, ServiceMonitors: []*v1.ServiceMonitor{monitorOf("a", nil)}})
			if len(result.Stored) > 0 {
				t.Errorf("%s: nothing is rendered", tc.reason)
			}
			if got := verdictOn(result, world.Prometheus).Message; !strings.Contains(got, tc.says) {
				t.Errorf("%s: the verdict names the field: %q lacks %q", tc.reason, got, tc.says)
			}
		})
	}
}
