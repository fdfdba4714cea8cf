package generator

import (
	"bytes"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// The comparison is worth its verdict: a mistake planted into ours is found, and without one there is no difference.
func TestPlantedMistakesAreFound(t *testing.T) {
	t.Parallel()
	w, sel := small()
	theirs, ours := bothTexts(t, w, sel)
	cases := map[string]struct{ reason, old, new string }{
		"Nothing":         {reason: "both mean the same"},
		"WrongTarget":     {"a label under another name breaks every dashboard", "target_label: pod\n", "target_label: pods\n"},
		"WrongRegex":      {"other targets are kept", "(x);true", "(y);true"},
		"StepLost":        {"a tenant could take another's name", "  - target_label: tenant\n    replacement: a\n", ""},
		"StepsSwapped":    {"the order decides which label wins", "target_label: service\n", "target_label: container\n"},
		"WrongHash":       {"targets are scraped by two shards or none", "modulus: 2", "modulus: 3"},
		"JobLost":         {"a whole job is gone", "job_name: podMonitor/a/pods/0", "job_name: podMonitor/a/pods/1"},
		"WrongPassword":   {"a target refuses the scrape", "password: jane", "password: joe"},
		"WrongInterval":   {"a section of the Prometheus differs", `scrape_interval: "30s"`, `scrape_interval: "31s"`},
		"WrongWriteLimit": {"remote write differs", "max_shards: 7", "max_shards: 8"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := ours
			if tc.old != "" {
				planted = bytes.Replace(ours, []byte(tc.old), []byte(tc.new), 1)
				if bytes.Equal(planted, ours) {
					t.Fatalf("%q is not in\n%s", tc.old, ours)
				}
			}
			diff := differenceOf(t, theirs, planted, w)
			if found := diff != ""; found != (tc.old != "") {
				t.Errorf("%s: difference found: %t\n%s", tc.reason, found, diff)
			}
		})
	}
}

// small is a World with one of the things that mistakes are planted into.
func small() (*world.World, selection.Result) {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: random.Namespaces[0], Name: "main"}}
	p.Spec.Version, p.Spec.ScrapeInterval, p.Spec.EvaluationInterval = "v3.13.1", "30s", "30s"
	p.Spec.Shards = new(int32(2))
	p.Spec.EnforcedNamespaceLabel = "tenant"
	p.Spec.RemoteWrite = []v1.RemoteWriteSpec{{URL: "http://example.com", QueueConfig: &v1.QueueConfig{MaxShards: 7}}}
	monitor := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "web"}}
	monitor.Spec.Selector.MatchLabels = map[string]string{"app": "x"}
	monitor.Spec.Endpoints = make([]v1.Endpoint, 1)
	monitor.Spec.Endpoints[0].Port = "http"
	user := random.Credentials("user")
	monitor.Spec.Endpoints[0].BasicAuth = &v1.BasicAuth{Username: user, Password: user}
	pods := &v1.PodMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "pods"}}
	pods.Spec.PodMetricsEndpoints = make([]v1.PodMetricsEndpoint, 1)
	w := &world.World{Prometheus: p, Values: random.Values()}
	return w, selection.Result{ServiceMonitors: []*v1.ServiceMonitor{monitor}, PodMonitors: []*v1.PodMonitor{pods}}
}

func bothTexts(t *testing.T, w *world.World, sel selection.Result) (theirs, ours []byte) {
	t.Helper()
	in, err := InputOf(w, sel)
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err = in.Render(); err != nil {
		t.Fatal(err)
	}
	if ours, err = promconfig.NewRenderer().Render(w, sel).Plain(); err != nil {
		t.Fatal(err)
	}
	return theirs, ours
}
