package promconfig_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// keepList is a step that keeps some hundred metrics by their names, as it is made from the dashboards in use.
func keepList(metrics int, more string) []v1.RelabelConfig {
	names := make([]string, metrics)
	for i := range names {
		names[i] = fmt.Sprintf("component_%d_requests_duration_seconds", i)
	}
	return []v1.RelabelConfig{{SourceLabels: []v1.LabelName{"__name__"}, Regex: strings.Join(names, "|") + more, Action: "keep"}}
}

// What a long list of names compiles to is no longer than the list: it is usual, and nothing like a bomb.
func TestKeepListsAreTaken(t *testing.T) {
	t.Parallel()
	monitor := tenant(v1.Endpoint{Port: "web"})
	monitor.Spec.Endpoints = slices.Repeat([]v1.Endpoint{relabeled(keepList(160, "|node_(cpu(_guest)?|load1?).*")...)}, 20)
	writes := func(p *v1.PrometheusSpec) {
		for _, more := range []string{"", "|node_[a-z]+_total", "|node_cpu(_guest(_seconds)?)?"} {
			p.RemoteWrite = append(p.RemoteWrite, v1.RemoteWriteSpec{URL: "http://a.example", WriteRelabelConfigs: keepList(160, more)})
		}
		p.RemoteWrite = append(p.RemoteWrite, v1.RemoteWriteSpec{URL: "http://a.example", WriteRelabelConfigs: keepList(10_000, "")})
		p.ScrapeClasses = []v1.ScrapeClass{{Name: "a", Default: new(true), MetricRelabelings: keepList(1_000, "")}}
	}
	config, result := beside(t, writes, world.Values{}, monitor)
	if len(result.Verdicts) > 0 {
		t.Errorf("keep-lists are refused: %.300v", result.Verdicts)
	}
	if jobs, remotes := len(jobNames(config)), config["remote_write"].([]any); jobs != 21 || len(remotes) != 4 {
		t.Errorf("%d jobs and %d remote writes; want 21 and 4", jobs, len(remotes))
	}
}

// The steps of a class become part of every job: it is told there what no tenant could write either, and not at each of the objects.
func TestScrapeClassWithAPatternBomb(t *testing.T) {
	t.Parallel()
	bomb := func(p *v1.PrometheusSpec) {
		p.ScrapeClasses = []v1.ScrapeClass{{Name: "a", MetricRelabelings: []v1.RelabelConfig{{Action: "drop", Regex: strings.Repeat("[a-z]", 1_000)}}}}
	}
	_, result := beside(t, bomb, world.Values{})
	if v := verdictOn(result, world.Prometheus); v.Reason != promconfig.TooLarge || !strings.Contains(v.Message, "spec.scrapeClasses[0].metricRelabelings[0].regex") {
		t.Errorf("the verdict on the Prometheus is %v", v)
	}
}
