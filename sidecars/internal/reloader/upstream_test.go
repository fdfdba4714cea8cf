package reloader_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

// upstreamFlags is what each flag of prometheus-config-reloader v0.93.1 has to do here, beside the file to watch.
var upstreamFlags = map[string]struct {
	args    string
	does    func(o reloader.Options) bool
	refused string // what it says where it can't do the same
}{
	"config-file": {"--config-file=/other/x", func(o reloader.Options) bool { return o.ConfigFile == "/other/x" }, ""},
	"config-envsubst-file": {"--config-envsubst-file=/o/x", func(o reloader.Options) bool {
		return o.EnvsubstFile == "/o/x" && o.OutputDir == "/o"
	}, ""},
	"watch-interval": {"--config-envsubst-file=/o/x --watch-interval=0", func(o reloader.Options) bool { return o.Once }, ""},
	"delay-interval": {"--delay-interval=1h", func(o reloader.Options) bool { return o.WatchInterval == time.Second }, ""},
	"retry-interval": {"--retry-interval=10m", func(o reloader.Options) bool {
		return o.RetryMin == 10*time.Minute && o.RetryMax == 10*time.Minute
	}, ""},
	"reload-timeout":        {"--reload-timeout=30s", func(o reloader.Options) bool { return o.ReloadTimeout == 30*time.Second }, ""},
	"auto-gomemlimit-ratio": {"--auto-gomemlimit-ratio=0.9", func(o reloader.Options) bool { return o.MemoryRatio == 0.9 }, ""},
	"watched-dir": {"--watched-dir=/r --watched-dir /s --watched-dir=/t", func(o reloader.Options) bool {
		return slices.Equal(o.VolumeDirs, []string{"/r", "/s", "/t"})
	}, ""},
	"reload-method": {"--reload-method=signal", func(o reloader.Options) bool { return o.ReloadMethod == "signal" }, ""},
	"process-executable-name": {"--process-executable-name=prom", func(o reloader.Options) bool {
		return o.ProcessExecutable == "prom"
	}, ""},
	"statefulset-ordinal-from-envvar": {"--statefulset-ordinal-from-envvar=NAME", func(o reloader.Options) bool { return o.OrdinalFrom == "NAME" }, ""},
	"listen-address":                  {"--listen-address=:8080", func(o reloader.Options) bool { return o.ListenAddress == ":8080" }, ""},
	"web-config-file":                 {"--web-config-file=/web.yml", nil, "--web-cert-file"},
	"log-format":                      {"--log-format=json", func(o reloader.Options) bool { return o.LogFormat == "json" }, ""},
	"log-level":                       {"--log-level=none", func(o reloader.Options) bool { return o.LogLevel == "none" }, ""},
	"reload-url":                      {"--reload-url=http://a/p/-/reload", func(o reloader.Options) bool { return o.PrometheusURL == "http://a/p" }, ""},
	"runtimeinfo-url": {"--reload-method=signal --runtimeinfo-url=http://b/p/api/v1/status/runtimeinfo", func(o reloader.Options) bool {
		return o.PrometheusURL == "http://b/p"
	}, ""},
	"version":       {"--version", func(o reloader.Options) bool { return o.ShowVersion }, ""},
	"short-version": {"--short-version", func(o reloader.Options) bool { return o.ShowVersion }, ""},
}

// TestEveryFlagOfUpstreamDoesWhatItDoesThere goes through a list that is held against upstream's source where its module is.
func TestEveryFlagOfUpstreamDoesWhatItDoesThere(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "upstream-flags.txt"))
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(data))
	if len(names) != len(upstreamFlags) {
		t.Errorf("%d flags in the list, %d here", len(names), len(upstreamFlags))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			flag, known := upstreamFlags[name]
			if !known || !strings.Contains(flag.args, "--"+name) {
				t.Fatal("nobody says what it has to do")
			}
			o, err := reloader.Parse(contract.Config, append([]string{"--config-file=/c/x"}, strings.Fields(flag.args)...), env(), io.Discard)
			if flag.refused != "" {
				if err == nil || !strings.Contains(err.Error(), flag.refused) {
					t.Errorf("got %v, want an error that says %s", err, flag.refused)
				}
			} else if err != nil || !flag.does(o) {
				t.Errorf("%s: %v %+v", flag.args, err, o)
			}
		})
	}
}

func TestUpstreamsDefaultsNeedNoURL(t *testing.T) {
	o, err := reloader.Parse(contract.Config, []string{"--config-file=/c/x"}, env(), io.Discard)
	if err != nil || o.ReloadURL != "http://127.0.0.1:9090/-/reload" || o.PrometheusURL != "http://127.0.0.1:9090" || o.OrdinalFrom != "POD_NAME" || o.LogLevel != "info" {
		t.Errorf("%v %+v", err, o)
	}
}

func TestTheVersionGoesToStandardOutput(t *testing.T) {
	var out, errs bytes.Buffer
	c := reloader.Command{Domain: contract.Config, Version: "v9", Args: []string{"--version"}, Env: env(), Out: &out, Errs: &errs}
	code := c.Run(t.Context())
	if code != 0 || out.String() != "v9\n" || errs.Len() > 0 {
		t.Errorf("exit %d, %q and %q", code, &out, &errs)
	}
}
