package reloader

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/prometheus"
)

// Options are the settings of one reloader, from its flags and its environment; flags win.
type Options struct {
	Domain  contract.Domain
	Env     func(string) (string, bool)
	Version string // of this program, for the log and the metrics

	ConfigFile, EnvsubstFile string
	VolumeDirs               list // rules: what is loaded; config: directories that are only watched
	ReloadURL                string
	ReloadMethod             string
	ProcessExecutable        string
	OutputDir                string
	ListenAddress            string
	ReleaseFile              string
	Manifest                 string
	PrometheusURL            string
	CertsDir                 string
	Expand                   string
	Once                     bool
	RulesDirs                list
	WebhookURLs              list
	FallbackDir              string
	PrometheusVersion        string
	OrdinalFrom              string
	MemoryRatio              float64
	MaxBytes                 int64

	WatchInterval, ReloadTimeout, ReleaseBound, RetryMin, RetryMax time.Duration

	Auth prometheus.Auth
	Web  Web

	LogLevel, LogFormat string
	ShowVersion         bool
}

// Web is how the report is served.
type Web struct{ CertFile, KeyFile, ClientCAFile, TokenFile string }

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

// Parse reads flags and environment. Messages of the flag package go to out.
func Parse(domain contract.Domain, args []string, env func(string) (string, bool), out io.Writer) (Options, error) {
	o := Options{Domain: domain, Env: env}
	fs := flag.NewFlagSet(string(domain)+"-reloader", flag.ContinueOnError)
	fs.SetOutput(out)
	o.define(fs)
	if err := o.fromEnv(fs); err != nil {
		return o, err
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.ShowVersion {
		return o, nil
	}
	return o.complete()
}

// define lists every setting. All but noVariable can come from the environment, too: --max-bytes is RELOADER_MAX_BYTES.
func (o *Options) define(fs *flag.FlagSet) {
	if o.Domain == contract.Rules {
		fs.Var(&o.WebhookURLs, "webhook-url", "URL to POST to for a reload")
		fs.Var(&o.VolumeDirs, "volume-dir", "directory of rule files; further ones are only watched")
	} else {
		o.ReloadURL = "http://127.0.0.1:9090/-/reload"
		fs.StringVar(&o.ConfigFile, "config-file", "", "configuration to read, gzip or plain")
		fs.StringVar(&o.EnvsubstFile, "config-envsubst-file", "", "where Prometheus reads the expanded configuration")
		fs.Var(&o.VolumeDirs, "watched-dir", "directory whose changes cause a reload, too; repeatable")
		fs.Var(&o.RulesDirs, "rules-dir", "with --once: stage this directory of rule files as well; else the same as --watched-dir")
		fs.StringVar(&o.OrdinalFrom, "statefulset-ordinal-from-envvar", "POD_NAME", "variable whose trailing number becomes $(STATEFULSET_ORDINAL_NUMBER)")
	}
	fs.StringVar(&o.ReloadURL, "reload-url", o.ReloadURL, "URL to POST to for a reload")
	fs.StringVar(&o.ReloadMethod, "reload-method", "http", "http or signal")
	fs.StringVar(&o.ProcessExecutable, "process-executable-name", "prometheus", "program to signal")
	fs.StringVar(&o.OutputDir, "output-dir", "", "directory shared with Prometheus and the other reloader")
	fs.StringVar(&o.ListenAddress, "listen-address", "", "address of the report, such as :8080")
	fs.StringVar(&o.ReleaseFile, "release-file", "", "file with the operator's release")
	fs.StringVar(&o.Manifest, "manifest", "optional", "required or optional")
	fs.StringVar(&o.PrometheusURL, "prometheus-url", "", "base URL of Prometheus (default: the reload URL without /-/reload)")
	fs.StringVar(&o.PrometheusURL, "runtimeinfo-url", "", "any URL of Prometheus' API: what comes before /api/ is its base URL")
	fs.StringVar(&o.CertsDir, "certs-dir", "/etc/prometheus/certs", "directory of the assets that a manifest names")
	fs.StringVar(&o.Expand, "expand", "POD_NAME,SHARD", "names of variables that may be expanded")
	fs.BoolVar(&o.Once, "once", false, "stage what is there and exit, as an init container")
	fs.StringVar(&o.FallbackDir, "fallback-dir", "", "with --once: directory of the last known good sets")
	fs.StringVar(&o.PrometheusVersion, "prometheus-version", "", "version of Prometheus in this pod")
	fs.Int64Var(&o.MaxBytes, "max-bytes", 0, "largest set, unpacked (default 128 MiB or half of the memory limit)")
	fs.Float64Var(&o.MemoryRatio, "auto-gomemlimit-ratio", 0, "share of the container's memory limit to keep to")
	o.defineTimes(fs)
	o.defineSecurity(fs)
	fs.StringVar(&o.LogLevel, "log-level", "info", "debug, info, warn, error or none")
	fs.StringVar(&o.LogFormat, "log-format", "logfmt", "logfmt or json")
	fs.BoolVar(&o.ShowVersion, "version", false, "print the version and exit")
	o.defineForeign(fs)
}

// defineForeign takes the flags by which others say the same, and refuses what they say when it can't be had.
// Sources: prometheus-operator cmd/prometheus-config-reloader/main.go and jimmidyson/configmap-reload configmap-reload.go.
func (o *Options) defineForeign(fs *flag.FlagSet) {
	only := func(name, has, instead string) {
		fs.Func(name, "accepted with the value "+strconv.Quote(has), func(value string) error {
			if value != has {
				return errors.New(instead)
			}
			return nil
		})
	}
	if o.Domain == contract.Config {
		fs.Duration("delay-interval", 0, "accepted and ignored: changes are acted on at once")
		fs.BoolVar(&o.ShowVersion, "short-version", false, "the same as --version")
		only("web-config-file", "", "such a file is not read; --web-cert-file, --web-key-file, --web-client-ca-file and --web-token-file say the same")
		return
	}
	fs.StringVar(&o.ListenAddress, "web.listen-address", "", "the same as --listen-address")
	only("web.telemetry-path", "/metrics", "metrics are always at /metrics")
	only("webhook-method", "POST", "Prometheus is always told by a POST")
	only("webhook-status-code", "200", "Prometheus always answers a good load with 200")
	fs.Int("webhook-retries", 0, "accepted and ignored: what is not loaded is tried again, see --retry-interval")
}

func (o *Options) defineTimes(fs *flag.FlagSet) {
	fs.DurationVar(&o.WatchInterval, "watch-interval", time.Second, "time between two polls beneath inotify; 0 is --once")
	fs.DurationVar(&o.ReloadTimeout, "reload-timeout", 2*time.Minute, "how long a reload may take")
	fs.DurationVar(&o.ReleaseBound, "release-bound", 10*time.Minute, "load a staged set without a release after this time")
	fs.DurationVar(&o.RetryMin, "retry-interval", 30*time.Second, "pause before a refused set is tried again; doubled each time")
	fs.DurationVar(&o.RetryMax, "retry-interval-max", 5*time.Minute, "longest such pause")
}

func (o *Options) defineSecurity(fs *flag.FlagSet) {
	fs.StringVar(&o.Auth.ServedCertFile, "prometheus-served-cert-file", "", "the very certificate that Prometheus serves, whatever names it has")
	fs.BoolVar(&o.Auth.InsecureLoopback, "prometheus-insecure-loopback", false, "trust whatever certificate Prometheus serves, at a loopback address only")
	fs.StringVar(&o.Auth.CAFile, "prometheus-ca-file", "", "CA that vouches for Prometheus")
	fs.StringVar(&o.Auth.CertFile, "prometheus-cert-file", "", "client certificate for Prometheus")
	fs.StringVar(&o.Auth.KeyFile, "prometheus-key-file", "", "its key")
	fs.StringVar(&o.Auth.ServerName, "prometheus-server-name", "", "name in Prometheus' certificate")
	fs.StringVar(&o.Auth.Username, "prometheus-username", "", "user for basic auth")
	fs.StringVar(&o.Auth.UsernameFile, "prometheus-username-file", "", "file with the user for basic auth")
	fs.StringVar(&o.Auth.PasswordFile, "prometheus-password-file", "", "file with the password")
	fs.StringVar(&o.Auth.TokenFile, "prometheus-token-file", "", "file with a bearer token")
	fs.StringVar(&o.Web.CertFile, "web-cert-file", "", "serve the report with TLS: certificate")
	fs.StringVar(&o.Web.KeyFile, "web-key-file", "", "its key")
	fs.StringVar(&o.Web.ClientCAFile, "web-client-ca-file", "", "require client certificates that this CA signed")
	fs.StringVar(&o.Web.TokenFile, "web-token-file", "", "require this bearer token for /metrics and /v1/loaded")
}

// noVariable are flags that only a command line has: they can be given more than once, or are somebody else's words.
var noVariable = strings.Fields(`version short-version volume-dir watched-dir webhook-url delay-interval web-config-file
	web.listen-address web.telemetry-path webhook-method webhook-status-code webhook-retries`)

// fromEnv sets flags from the environment. The contract has two names that do not follow the pattern.
func (o *Options) fromEnv(fs *flag.FlagSet) error {
	var errs []error
	fs.VisitAll(func(f *flag.Flag) {
		name := "RELOADER_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if f.Name == "prometheus-version" {
			name = "PROMETHEUS_VERSION"
		}
		value, ok := o.Env(name)
		if !ok || value == "" || slices.Contains(noVariable, f.Name) {
			return
		}
		if err := f.Value.Set(value); err != nil {
			errs = append(errs, fmt.Errorf("%s=%q: %w", name, value, err))
		}
	})
	return errors.Join(errs...)
}

// complete fills in what follows from other settings and refuses what cannot work.
func (o Options) complete() (Options, error) {
	if o.WatchInterval <= 0 {
		o.Once, o.WatchInterval = true, time.Second
	}
	if len(o.WebhookURLs) > 0 {
		o.ReloadURL = o.WebhookURLs[0]
	}
	if !o.Once {
		o.VolumeDirs = append(o.VolumeDirs, o.RulesDirs...)
	}
	if o.Domain == contract.Config && o.OutputDir == "" && o.EnvsubstFile != "" {
		o.OutputDir = filepath.Dir(o.EnvsubstFile)
	}
	if o.PrometheusURL == "" {
		o.PrometheusURL = strings.TrimSuffix(strings.TrimSuffix(o.ReloadURL, "/"), "/-/reload")
	}
	o.PrometheusURL, _, _ = strings.Cut(o.PrometheusURL, "/api/")
	o.RetryMax = max(o.RetryMax, o.RetryMin)
	return o, errors.Join(o.checkInput(), o.checkURLs(), o.checkNumbers(), o.checkWords())
}

func (o Options) checkInput() error {
	if o.Domain == contract.Rules && len(o.VolumeDirs) == 0 {
		return errors.New("--volume-dir is required: the directory of rule files")
	}
	if o.Domain == contract.Config && o.ConfigFile == "" && len(o.VolumeDirs) == 0 {
		return errors.New("--config-file or --watched-dir is required: what to watch")
	}
	if len(o.WebhookURLs) > 1 {
		return errors.New("--webhook-url is given more than once: one reloader tells one Prometheus")
	}
	if o.Once && len(o.RulesDirs) > 1 {
		return errors.New("--rules-dir is given more than once: --once stages one directory of rules")
	}
	if o.EnvsubstFile != "" && filepath.Clean(o.EnvsubstFile) == filepath.Clean(o.ConfigFile) {
		return errors.New("--config-envsubst-file and --config-file are the same file")
	}
	if o.Once && o.OutputDir == "" {
		return errors.New("--once needs --config-envsubst-file or --output-dir: there is nowhere to write")
	}
	return nil
}

func (o Options) checkURLs() error {
	if o.Once {
		return nil
	}
	var errs []error
	needed := map[string]string{"reload URL": o.ReloadURL, "Prometheus URL": o.PrometheusURL}
	if o.ReloadMethod == "signal" {
		delete(needed, "reload URL")
	}
	for name, text := range needed {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			errs = append(errs, fmt.Errorf("%s: want something like http://localhost:9090/-/reload, not %q", name, text))
		}
	}
	return errors.Join(errs...)
}

func (o Options) checkNumbers() error {
	var errs []error
	for name, d := range map[string]time.Duration{"--reload-timeout": o.ReloadTimeout, "--retry-interval": o.RetryMin} {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("%s=%v: want more than 0", name, d))
		}
	}
	if o.ReleaseBound < 0 {
		errs = append(errs, fmt.Errorf("--release-bound=%v: want 0 or more", o.ReleaseBound))
	}
	if o.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("--max-bytes=%d: want 0 or more", o.MaxBytes))
	}
	if o.MemoryRatio < 0 || o.MemoryRatio > 1 {
		errs = append(errs, fmt.Errorf("--auto-gomemlimit-ratio=%v: want a share from 0 to 1", o.MemoryRatio))
	}
	return errors.Join(errs...)
}

func (o Options) checkWords() error {
	var errs []error
	for _, flag := range []struct {
		name, value string
		choice      []string
	}{
		{"--reload-method", o.ReloadMethod, []string{"http", "signal"}},
		{"--manifest", o.Manifest, []string{"optional", "required"}},
		{"--log-format", o.LogFormat, []string{"logfmt", "json"}},
		{"--log-level", strings.ToLower(o.LogLevel), []string{"all", "debug", "info", "warn", "error", "none"}},
	} {
		if !slices.Contains(flag.choice, flag.value) {
			errs = append(errs, fmt.Errorf("%s=%s: want one of %s", flag.name, flag.value, strings.Join(flag.choice, ", ")))
		}
	}
	return errors.Join(errs...)
}
