package stack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Prometheus asks one server through its own HTTP API, as its users do.
type Prometheus struct {
	promv1.API
	// URL is the server's address inside the sandbox.
	URL string

	transport http.RoundTripper // nil is the default
}

// PrometheusAt returns the server that listens at address, host:port inside the sandbox.
func PrometheusAt(address string) (*Prometheus, error) { return prometheusAt("http://"+address, nil) }

// SecuredPrometheusAt is PrometheusAt for a server with TLS. Its certificate is not checked: what answers there is not the question.
func SecuredPrometheusAt(address string) (*Prometheus, error) {
	return prometheusAt("https://"+address, &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}})
}

func prometheusAt(url string, transport http.RoundTripper) (*Prometheus, error) {
	client, err := api.NewClient(api.Config{Address: url, RoundTripper: transport})
	if err != nil {
		return nil, err
	}
	return &Prometheus{API: promv1.NewAPI(client), URL: url, transport: transport}, nil
}

// GroupNames lists the names of all rule groups that are loaded.
func (p *Prometheus) GroupNames(ctx context.Context) ([]string, error) {
	result, err := p.Rules(ctx, nil)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, g := range result.Groups {
		names = append(names, g.Name)
	}
	return names, nil
}

// Expressions lists the expressions of all rules that are loaded, by the name of alert or record.
func (p *Prometheus) Expressions(ctx context.Context) (map[string]string, error) {
	result, err := p.Rules(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, g := range result.Groups {
		for _, r := range g.Rules {
			switch r := r.(type) {
			case promv1.AlertingRule:
				out[r.Name] = r.Query
			case promv1.RecordingRule:
				out[r.Name] = r.Query
			}
		}
	}
	return out, nil
}

// Pools lists the scrape pools with active targets, each with the health of its targets.
func (p *Prometheus) Pools(ctx context.Context) (map[string][]promv1.HealthStatus, error) {
	result, err := p.Targets(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string][]promv1.HealthStatus{}
	for _, t := range result.Active {
		out[t.ScrapePool] = append(out[t.ScrapePool], t.Health)
	}
	return out, nil
}

// Metric returns the value of one of the server's own metrics.
func (p *Prometheus) Metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := (&http.Client{Transport: p.transport}).Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	decoder := &expfmt.SampleDecoder{
		Dec:  expfmt.NewDecoder(resp.Body, expfmt.ResponseFormat(resp.Header)),
		Opts: &expfmt.DecodeOptions{Timestamp: model.Now()},
	}
	for {
		var samples model.Vector
		err := decoder.Decode(&samples)
		if errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("%s has no metric %s", p.URL, name)
		}
		if err != nil {
			return 0, err
		}
		for _, s := range samples {
			if string(s.Metric[model.MetricNameLabel]) == name {
				return float64(s.Value), nil
			}
		}
	}
}

// Started is when the server's process started.
func (p *Prometheus) Started(ctx context.Context) (time.Time, error) {
	info, err := p.Runtimeinfo(ctx)
	return info.StartTime, err
}

// Ready returns nil once the server has loaded its first configuration and its data.
func (p *Prometheus) Ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/-/ready", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: p.transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not ready: %s", p.URL, resp.Status)
	}
	return nil
}
