package reloader_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	args := []string{"--config-file=/c/x", "--reload-url=http://a/-/reload", "--listen-address=:1"}
	o, err := reloader.Parse(contract.Config, args, env("RELOADER_LISTEN_ADDRESS=:2", "RELOADER_CERTS_DIR=/certs", "PROMETHEUS_VERSION=v3.16.0"), io.Discard)
	if err != nil || o.ListenAddress != ":1" || o.CertsDir != "/certs" || o.PrometheusVersion != "v3.16.0" {
		t.Errorf("got %v %+v", err, o)
	}
}

func TestAnEmptyVariableCountsAsNone(t *testing.T) {
	o, err := reloader.Parse(contract.Config, []string{"--config-file=/c/x"}, env("RELOADER_RELOAD_TIMEOUT=", "RELOADER_ONCE=", "RELOADER_LOG_LEVEL="), io.Discard)
	if err != nil || o.ReloadTimeout != 2*time.Minute || o.LogLevel != "info" {
		t.Errorf("%v %+v", err, o)
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
		"NoURL":          {"there is nobody to tell", []string{"--config-file=/c/x", "--reload-url="}, nil, "reload URL"},
		"LogLevel":       {"a typo must not silence the log", []string{"--config-file=/c/x", "--log-level=inof"}, nil, "inof"},
		"WebConfigFile":  {"what it says would be ignored", []string{"--config-file=/c/x", "--web-config-file=/web.yml"}, nil, "--web-cert-file"},
		"NotAURL":        {"a host without a scheme", []string{"--config-file=/c/x", "--reload-url=localhost:9090"}, nil, "localhost:9090"},
		"Method":         {"only two ways exist", []string{"--config-file=/c/x", url, "--reload-method=telepathy"}, nil, "telepathy"},
		"Environment":    {"the variable is named, not the flag", []string{"--config-file=/c/x", url}, []string{"RELOADER_RELOAD_TIMEOUT=soon"}, "RELOADER_RELOAD_TIMEOUT"},
		"SameFile":       {"it would read what it writes", []string{"--config-file=/c/x", "--config-envsubst-file=/c/x", url}, nil, "same file"},
		"Timeout":        {"every reload would time out", []string{"--config-file=/c/x", "--reload-timeout=0"}, nil, "--reload-timeout"},
		"Retry":          {"a refused set would be tried without a pause", []string{"--config-file=/c/x"}, []string{"RELOADER_RETRY_INTERVAL=0"}, "--retry-interval"},
		"Bound":          {"the past has no meaning", []string{"--config-file=/c/x", "--release-bound=-1s"}, nil, "--release-bound"},
		"Bytes":          {"nothing would fit", []string{"--config-file=/c/x", "--max-bytes=-1"}, nil, "--max-bytes"},
		"Share":          {"more than there is", []string{"--config-file=/c/x", "--auto-gomemlimit-ratio=1.5"}, nil, "--auto-gomemlimit-ratio"},
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

// TestFlagsOfOthersAreAccepted takes what charts give to the images that ours replace.
func TestFlagsOfOthersAreAccepted(t *testing.T) {
	cases := map[string]struct {
		reason string
		domain contract.Domain
		args   string
		want   func(o reloader.Options) bool
	}{
		"Reference": {"prometheus-config-reloader v0.40 watched rules by another name", contract.Config,
			"--config-file=/c/x --rules-dir=/r --rules-dir=/s",
			func(o reloader.Options) bool { return len(o.VolumeDirs) == 2 }},
		"ConfigmapReload": {"all of its flags", contract.Rules,
			"--webhook-url=http://a/-/reload --volume-dir=/r --volume-dir=/s --webhook-method=POST --webhook-status-code=200 --webhook-retries=3 " +
				"--web.listen-address=:9533 --web.telemetry-path=/metrics",
			func(o reloader.Options) bool {
				return o.ListenAddress == ":9533" && o.ReloadURL == "http://a/-/reload" && len(o.VolumeDirs) == 2
			}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o, err := reloader.Parse(tc.domain, strings.Fields(tc.args), env(), io.Discard)
			if err != nil || !tc.want(o) {
				t.Errorf("%s: %v %+v", tc.reason, err, o)
			}
		})
	}
	for _, args := range []string{"--webhook-method=GET", "--webhook-status-code=204", "--web.telemetry-path=/m", "--webhook-url=http://b"} {
		all := append(strings.Fields("--webhook-url=http://a/-/reload --volume-dir=/r"), args)
		if _, err := reloader.Parse(contract.Rules, all, env(), io.Discard); err == nil {
			t.Errorf("%s is accepted and would have no effect", args)
		}
	}
}

// TestTheContractNamesEveryVariable holds the list in docs/contract.md against the flags that there are.
func TestTheContractNamesEveryVariable(t *testing.T) {
	page, err := os.ReadFile("../../../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	onlyFlags := strings.Fields("volume-dir watched-dir webhook-url version short-version delay-interval web-config-file web.listen-address " +
		"web.telemetry-path webhook-method webhook-status-code webhook-retries")
	for _, domain := range []contract.Domain{contract.Config, contract.Rules} {
		var help strings.Builder
		_, _ = reloader.Parse(domain, []string{"--help"}, env(), &help)
		flags := regexp.MustCompile(`(?m)^  -([a-z.-]+)`).FindAllStringSubmatch(help.String(), -1)
		if len(flags) < 30 {
			t.Fatalf("only %d flags in the help", len(flags))
		}
		for _, f := range flags {
			name := "RELOADER_" + strings.ToUpper(strings.ReplaceAll(f[1], "-", "_"))
			if f[1] == "prometheus-version" {
				name = "PROMETHEUS_VERSION"
			}
			if !slices.Contains(onlyFlags, f[1]) && !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("docs/contract.md does not say what %s is", name)
			}
		}
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
