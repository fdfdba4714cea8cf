package reloader_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, p := range pairs {
			if value, ok := strings.CutPrefix(p, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

func TestTheSeedsArgumentsAreEnough(t *testing.T) {
	c, err := reloader.Parse(contract.Config, []string{
		"--log-format=logfmt", "--reload-url=http://localhost:9090/-/reload", "--config-file=/etc/prometheus/config/prometheus.yaml.gz",
		"--config-envsubst-file=/etc/prometheus/config_out/prometheus.env.yaml",
	}, env(), io.Discard)
	if err != nil || c.OutputDir != "/etc/prometheus/config_out" || c.PrometheusURL != "http://localhost:9090" || c.Once {
		t.Errorf("config-reloader: %v %q %q", err, c.OutputDir, c.PrometheusURL)
	}
	r, err := reloader.Parse(contract.Rules, []string{"--webhook-url=http://localhost:9090/-/reload", "--volume-dir=/etc/prometheus/rules/x"}, env(), io.Discard)
	if err != nil || r.OutputDir != "" || r.PrometheusURL != "http://localhost:9090" {
		t.Errorf("rules-reloader: %v %q %q", err, r.OutputDir, r.PrometheusURL)
	}
}

func TestUpstreamsArgumentsAreUnderstood(t *testing.T) {
	o, err := reloader.Parse(contract.Config, []string{
		"--listen-address=:8080", "--reload-url=http://localhost:9090/prom/-/reload", "--config-file=/c/prometheus.yaml.gz", "--config-envsubst-file=/o/prometheus.env.yaml",
		"--watched-dir=/r0", "--watched-dir=/r1", "--watch-interval=0", "--delay-interval=1s", "--retry-interval=5s", "--reload-timeout=30s", "--reload-method=signal",
		"--process-executable-name=prometheus", "--runtimeinfo-url=http://localhost:9090/prom/api/v1/status/runtimeinfo", "--statefulset-ordinal-from-envvar=POD_NAME",
		"--log-level=debug", "--log-format=json", "--auto-gomemlimit-ratio=0.9",
	}, env(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Once || o.PrometheusURL != "http://localhost:9090/prom" || len(o.VolumeDirs) != 2 || o.RetryMin != 5*time.Second || o.ReloadMethod != "signal" {
		t.Errorf("got %+v", o)
	}
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	args := []string{"--config-file=/c/x", "--reload-url=http://a/-/reload", "--listen-address=:1"}
	o, err := reloader.Parse(contract.Config, args, env("RELOADER_LISTEN_ADDRESS=:2", "RELOADER_CERTS_DIR=/certs", "PROMETHEUS_VERSION=v3.16.0"), io.Discard)
	if err != nil || o.ListenAddress != ":1" || o.CertsDir != "/certs" || o.PrometheusVersion != "v3.16.0" {
		t.Errorf("got %v %+v", err, o)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	url := "--reload-url=http://localhost:9090/-/reload"
	cases := map[string]struct {
		reason string
		args   []string
		env    []string
		says   string
	}{
		"NothingToWatch": {"there is nothing to do", []string{url}, nil, "--config-file"},
		"NoURL":          {"there is nobody to tell", []string{"--config-file=/c/x"}, nil, "reload URL"},
		"NotAURL":        {"a host without a scheme", []string{"--config-file=/c/x", "--reload-url=localhost:9090"}, nil, "localhost:9090"},
		"Method":         {"only two ways exist", []string{"--config-file=/c/x", url, "--reload-method=telepathy"}, nil, "telepathy"},
		"Environment":    {"the variable is named, not the flag", []string{"--config-file=/c/x", url}, []string{"RELOADER_RELOAD_TIMEOUT=soon"}, "RELOADER_RELOAD_TIMEOUT"},
		"SameFile":       {"it would read what it writes", []string{"--config-file=/c/x", "--config-envsubst-file=/c/x", url}, nil, "same file"},
		"Argument":       {"a forgotten dash", []string{"--config-file=/c/x", url, "x"}, nil, `"x"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := reloader.Parse(contract.Config, tc.args, env(tc.env...), io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: got %v, want an error that says %q", tc.reason, err, tc.says)
			}
		})
	}
}

// TestLinkedPackages holds the list of packages outside the standard library that the binaries are made of.
func TestLinkedPackages(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "../../cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	data, err := os.ReadFile(filepath.Join("testdata", "packages.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Fields(string(data)), slices.Compact(got)); diff != "" {
		t.Errorf("a sidecar weighs what its worst import weighs; if this one is worth it, change testdata/packages.txt (-want +got):\n%s", diff)
	}
	third := slices.DeleteFunc(slices.Clone(got), func(p string) bool { return strings.HasPrefix(p, "github.com/promloop/") })
	if len(third) > 10 {
		t.Errorf("%d packages of others: %v", len(third), third)
	}
}
