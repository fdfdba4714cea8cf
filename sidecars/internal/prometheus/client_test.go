package prometheus_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/prometheus"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

func client(t *testing.T, base string) *prometheus.Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return &prometheus.Client{Base: u, ReloadURL: u.JoinPath("/-/reload"), ReloadTimeout: 30 * time.Second}
}

func serve(t *testing.T, answers map[string]func(http.ResponseWriter, *http.Request)) string {
	mux := http.NewServeMux()
	for path, answer := range answers {
		mux.HandleFunc(path, answer)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestWhatAnAnswerToThePostMeans(t *testing.T) {
	cases := map[string]struct {
		reason  string
		answer  func(http.ResponseWriter, *http.Request)
		outcome transaction.Outcome
		why     contract.Reason
	}{
		"OK":           {"Prometheus loaded", says(200, ""), transaction.Accepted, ""},
		"Failed":       {"its own words are kept", says(500, "bad rule"), transaction.Refused, contract.PrometheusRefused},
		"Forbidden":    {"nothing was reloaded", says(403, "Lifecycle API is not enabled."), transaction.Rejected, contract.ReloadForbidden},
		"NotFound":     {"nothing was reloaded", says(404, ""), transaction.Rejected, contract.ReloadNotFound},
		"Unauthorized": {"nothing was reloaded", says(401, ""), transaction.Rejected, contract.Unauthorized},
		"Redirect":     {"a POST is not repeated elsewhere", says(302, ""), transaction.Rejected, contract.ReloadNotFound},
		"BadGateway":   {"something between is up, Prometheus is not", says(502, ""), transaction.NoAnswer, contract.Unreachable},
		"Broken": {"Prometheus died of it, perhaps", func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		}, transaction.NoAnswer, contract.Unreachable},
		"Silent": {"it may still be in the queue", func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, transaction.TimedOut, contract.ReloadTimeout},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := serve(t, map[string]func(http.ResponseWriter, *http.Request){"POST /-/reload": tc.answer})
			c := client(t, base)
			if tc.outcome == transaction.TimedOut {
				c.ReloadTimeout = time.Second
			}
			outcome, problem := c.Reload(t.Context())
			if outcome != tc.outcome || problem.Reason != tc.why {
				t.Errorf("%s: got %v %+v", tc.reason, outcome, problem)
			}
		})
	}
}

func TestLongAnswersAreCut(t *testing.T) {
	base := serve(t, map[string]func(http.ResponseWriter, *http.Request){"POST /-/reload": says(500, strings.Repeat("x", 1<<20))})
	if _, problem := client(t, base).Reload(t.Context()); len(problem.Text) != contract.MaxError {
		t.Errorf("%d bytes", len(problem.Text))
	}
}

const info = `{"data":{"startTime":"2026-01-02T03:04:05Z","reloadConfigSuccess":true,"lastConfigTime":"2026-01-02T03:04:06Z"}}`

func TestProbeAsksForTheStartOnlyOnANewConnection(t *testing.T) {
	asked := 0
	base := serve(t, map[string]func(http.ResponseWriter, *http.Request){
		"GET /-/ready":                   says(200, "Prometheus Server is Ready.\n"),
		"GET /api/v1/status/buildinfo":   says(200, `{"data":{"version":"3.16.0"}}`),
		"GET /api/v1/status/runtimeinfo": func(w http.ResponseWriter, r *http.Request) { asked++; says(200, info)(w, r) },
	})
	c := client(t, base)
	for range 3 {
		p := c.Probe(t.Context(), false)
		if p.Phase != transaction.Ready || p.Version != "v3.16.0" || p.Start.Year() != 2026 {
			t.Fatalf("got %+v", p)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times for what costs a large Prometheus 0.8 s", asked)
	}
	if p := c.Probe(t.Context(), true); !p.Full || !p.ReloadOK || asked != 2 {
		t.Errorf("got %+v after %d questions", p, asked)
	}
}

func TestAnotherPrometheusIsAskedForItsStart(t *testing.T) {
	start := "2026-01-02T03:04:05Z"
	base := serve(t, map[string]func(http.ResponseWriter, *http.Request){
		"GET /-/ready": says(200, "ok"),
		"GET /api/v1/status/runtimeinfo": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			says(200, `{"data":{"startTime":"`+start+`","reloadConfigSuccess":true}}`)(w, r)
		},
	})
	c := client(t, base)
	first := c.Probe(t.Context(), false)
	start = "2027-01-02T03:04:05Z"
	if second := c.Probe(t.Context(), false); second.Start.Equal(first.Start) {
		t.Errorf("a new connection may lead to another process, which is taken for the one of before: %+v", second)
	}
}

func TestALoginPageIsNoReload(t *testing.T) {
	base := serve(t, map[string]func(http.ResponseWriter, *http.Request){
		"POST /-/reload": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
		"GET /login":     says(200, "who are you?"),
	})
	if outcome, problem := client(t, base).Reload(t.Context()); outcome != transaction.Rejected || !strings.Contains(problem.Text, "302") {
		t.Errorf("got %v %+v", outcome, problem)
	}
}

func TestNobodyThereIsDownAndNotReadyIsNot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := "http://" + l.Addr().String()
	l.Close()
	if p := client(t, free).Probe(context.Background(), false); p.Phase != transaction.Down || p.Problem.Reason != contract.PrometheusNotReady {
		t.Errorf("a refused connection: %+v", p)
	}
	replaying := serve(t, map[string]func(http.ResponseWriter, *http.Request){"GET /-/ready": says(503, "Service Unavailable")})
	if p := client(t, replaying).Probe(t.Context(), false); p.Phase != transaction.NotReady {
		t.Errorf("a Prometheus that replays its WAL: %+v", p)
	}
}

func TestOthersThatReloadTheSameWayNeedNoRuntimeInfo(t *testing.T) {
	base := serve(t, map[string]func(http.ResponseWriter, *http.Request){"GET /-/ready": says(200, "ok")})
	if p := client(t, base).Probe(t.Context(), true); p.Phase != transaction.Ready || p.Full {
		t.Errorf("got %+v", p)
	}
}

func TestUnreadableCredentialsNeverReachPrometheus(t *testing.T) {
	base := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/": func(http.ResponseWriter, *http.Request) { t.Error("it was asked without credentials") }})
	c := client(t, base)
	c.Auth.TokenFile = "/nowhere/token"
	if outcome, problem := c.Reload(t.Context()); outcome != transaction.Rejected || problem.Reason != contract.Unauthorized || !strings.Contains(problem.Text, "/nowhere/token") {
		t.Errorf("got %v %+v", outcome, problem)
	}
}
