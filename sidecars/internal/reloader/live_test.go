package reloader_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

// live runs a config-reloader beside a Prometheus that accepts everything, without polls, and returns the address of its report.
func live(t *testing.T, p newPod, vars ...string) string {
	t.Helper()
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/-/ready" && r.URL.Path != "/-/reload" {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(prometheus.Close)
	for _, dir := range []string{"config", "certs", "release"} {
		check(t, os.MkdirAll(p.path(dir), 0o755))
	}
	return start(t, contract.Config, []string{
		"--config-file=" + p.path("config", "prometheus.yaml.gz"), "--config-envsubst-file=" + p.path("out", "prometheus.env.yaml"),
		"--reload-url=" + prometheus.URL + "/-/reload", "--certs-dir=" + p.path("certs"), "--watch-interval=1h",
	}, vars)
}

// await asks until the report is as wanted.
func await(t *testing.T, addr, what string, ok func(contract.Loaded) bool) {
	t.Helper()
	var l contract.Loaded
	for range 1000 {
		if res, err := http.Get("http://" + addr + "/v1/loaded"); err == nil {
			_ = json.NewDecoder(res.Body).Decode(&l)
			_ = res.Body.Close()
			if ok(l) {
				return
			}
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("%s: %+v", what, l)
}

func isLoaded(l contract.Loaded) bool { return l.Loaded != "" && l.Loaded == l.Wanted }

func TestAnAssetThatArrivesLaterIsSeen(t *testing.T) {
	t.Parallel()
	p := newPod{t, t.TempDir()}
	p.config("config", contract.ManifestFile, "live", func(m *contract.Manifest) { m.Release, m.Assets = "", []string{"secret"} })
	addr := live(t, p)
	await(t, addr, "it waits for its asset", func(l contract.Loaded) bool { return l.Reason == contract.AssetsMissing })
	p.put("certs", "secret", []byte("x"))
	await(t, addr, "loaded, though nothing changed in its own volume", isLoaded)
}

func TestAReleaseInAVolumeOfItsOwnIsSeen(t *testing.T) {
	t.Parallel()
	p := newPod{t, t.TempDir()}
	digest := p.config("config", contract.ManifestFile, "live", nil)
	addr := live(t, p, "RELOADER_RELEASE_FILE="+p.path("release", "release.json"))
	await(t, addr, "it waits for its release", func(l contract.Loaded) bool { return l.Reason == contract.NotReleased })
	p.put("release", "release.json", []byte(`{"config":"`+digest+`"}`))
	await(t, addr, "loaded, though nothing changed in its own volume", isLoaded)
}

func TestWhatIsOursAloneIsFinished(t *testing.T) {
	t.Parallel()
	p := newPod{t, t.TempDir()}
	p.put("config", "prometheus.yaml.gz", []byte("global: {evaluation_interval: 30s$("+contract.OursAlone+")}\nscrape_configs: [{job_name: a}]\n"))
	args := []string{"--once", "--config-file=" + p.path("config", "prometheus.yaml.gz"), "--config-envsubst-file=" + p.path("out", "prometheus.env.yaml")}
	o, err := reloader.Parse(contract.Config, args, env("RELOADER_EXPAND=POD_NAME", "POD_NAME=p"), io.Discard)
	check(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = reloader.Run(ctx, o, slog.New(slog.DiscardHandler))
	text, _ := os.ReadFile(filepath.Join(p.path("out"), "prometheus.env.yaml"))
	if !strings.Contains(string(text), "evaluation_interval: 30s}") {
		t.Errorf("the interval is not finished: %q, %v", text, err)
	}
}

func TestTheOrdinalIsTheNumberAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"prometheus-main-12": "12", "pod7": "7", "prometheus-main": ""} {
		p := newPod{t, t.TempDir()}
		p.put("config", "prometheus.yaml.gz", []byte("scrape_configs:\n- job_name: n$(STATEFULSET_ORDINAL_NUMBER)\n"))
		args := []string{"--once", "--config-file=" + p.path("config", "prometheus.yaml.gz"), "--config-envsubst-file=" + p.path("out", "prometheus.env.yaml")}
		o, err := reloader.Parse(contract.Config, args, env("POD_NAME="+name), io.Discard)
		check(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		err = reloader.Run(ctx, o, slog.New(slog.DiscardHandler))
		cancel()
		text, _ := os.ReadFile(filepath.Join(p.path("out"), "prometheus.env.yaml"))
		switch {
		case want == "" && (err == nil || !strings.HasPrefix(err.Error(), string(contract.EnvMissing))):
			t.Errorf("%s has no number: %v", name, err)
		case want != "" && string(text) != "scrape_configs:\n- job_name: n"+want+"\n":
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestWithoutARequiredManifestNothingIsLoaded(t *testing.T) {
	t.Parallel()
	p := newPod{t, t.TempDir()}
	p.put("config", "prometheus.yaml.gz", []byte("scrape_configs: []\n"))
	addr := live(t, p, "RELOADER_MANIFEST=required")
	await(t, addr, "it waits for its manifest", func(l contract.Loaded) bool {
		return l.Reason == contract.Incomplete && strings.Contains(l.Error, contract.ManifestFile)
	})
	p.config("config", contract.ManifestFile, "live", func(m *contract.Manifest) { m.Release = "" })
	await(t, addr, "loaded with its manifest", isLoaded)
}

// TestWhereNothingIsKeptThereIsNoWayBack: Prometheus reads the volume itself, so another POST would be of the same bad files.
func TestWhereNothingIsKeptThereIsNoWayBack(t *testing.T) {
	t.Parallel()
	p := newPod{t, t.TempDir()}
	p.put("rules", "a.yaml", []byte("groups: []\n"))
	var refuses atomic.Bool
	var posts atomic.Int64
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && refuses.Load():
			posts.Add(1)
			http.Error(w, "bad rules", http.StatusInternalServerError)
		case r.Method == http.MethodGet && r.URL.Path != "/-/ready":
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(prometheus.Close)
	addr := start(t, contract.Rules, []string{"--volume-dir=" + p.path("rules"), "--webhook-url=" + prometheus.URL + "/-/reload"}, nil)
	await(t, addr, "loaded", isLoaded)
	refuses.Store(true)
	p.put("rules", "b.yaml", []byte("groups: bad\n"))
	await(t, addr, "refused", func(l contract.Loaded) bool { return l.Refused == l.Wanted && l.Error == "bad rules" })
	if n := posts.Load(); n != 1 {
		t.Errorf("%d POSTs", n)
	}
	refuses.Store(false)
	p.put("rules", "b.yaml", []byte("groups: []\n"))
	await(t, addr, "the fix is loaded", isLoaded)
}
