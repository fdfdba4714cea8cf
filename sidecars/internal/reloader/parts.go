package reloader

import (
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/prometheus"
	"github.com/promloop/promloop/sidecars/internal/report"
	"github.com/promloop/promloop/sidecars/internal/set"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/store"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// parts are one reloader, put together.
type parts struct {
	options Options
	log     *slog.Logger
	volume  *set.Volume
	client  *prometheus.Client
	board   *report.Board
	watcher *snapshot.Watcher
	driver  *transaction.Driver
	changed chan struct{}
}

func assemble(o Options, log *slog.Logger) (*parts, error) {
	p := &parts{options: o, log: log, volume: volume(o), board: report.NewBoard(), changed: make(chan struct{}, 1)}
	var err error
	if p.client, err = client(o); err != nil {
		return nil, err
	}
	p.watcher = &snapshot.Watcher{Dirs: p.watched(), Every: o.WatchInterval, Log: log}
	if p.volume.Required {
		p.watcher.Filled = []string{p.volume.Dir} // there is a manifest in it at least
	}
	p.driver = &transaction.Driver{
		Volume: p.volume, Store: keep(o, p.volume), Prometheus: p.client, Log: log, Publish: p.board.Publish, Changed: p.changed,
		Options: transaction.Options{
			Domain: o.Domain, Direct: o.OutputDir == "", PrometheusVersion: o.PrometheusVersion, ReloadTimeout: o.ReloadTimeout,
			ReleaseBound: o.ReleaseBound, RetryMin: o.RetryMin, RetryMax: o.RetryMax,
		},
	}
	return p, nil
}

// volume is where the sets of the options' domain appear.
func volume(o Options) *set.Volume {
	v := &set.Volume{
		Domain: o.Domain, ReleaseFile: o.ReleaseFile, CertsDir: o.CertsDir, Required: o.Manifest == "required",
		Vars: vars(o), MaxBytes: o.maxBytes(), AnyFile: o.OutputDir == "", Current: func() string { return "" },
	}
	if o.ConfigFile != "" {
		v.Dir, v.Key, v.Watched = filepath.Dir(o.ConfigFile), filepath.Base(o.ConfigFile), o.VolumeDirs
		return v
	}
	v.Domain, v.Dir, v.Watched = contract.Rules, o.VolumeDirs[0], o.VolumeDirs[1:]
	v.Vars = expand.Vars{}
	return v
}

// keep is where committed sets are kept: in the output directory or, where Prometheus reads the volume itself, nowhere.
func keep(o Options, v *set.Volume) transaction.Store {
	if o.OutputDir == "" {
		return &transaction.Memory{}
	}
	return disk(o, v)
}

func disk(o Options, v *set.Volume) *store.Store {
	s := &store.Store{Root: o.OutputDir, Domain: v.Domain}
	if v.Domain == contract.Config {
		s.Alias, s.File = o.EnvsubstFile, set.ConfigFile
	}
	v.Current = s.Current
	return s
}

func client(o Options) (*prometheus.Client, error) {
	base, err := url.Parse(o.PrometheusURL)
	if err != nil {
		return nil, err
	}
	reload, err := url.Parse(o.ReloadURL)
	if err != nil {
		return nil, err
	}
	c := &prometheus.Client{Base: base, ReloadURL: reload, Auth: o.Auth, ReloadTimeout: o.ReloadTimeout}
	if o.ReloadMethod == "signal" {
		c.Signal = &prometheus.Signal{Executable: o.ProcessExecutable}
	}
	return c, nil
}

// watched are all directories whose changes may change the set.
func (p *parts) watched() []string {
	dirs := append([]string{p.volume.Dir}, p.volume.Watched...)
	if f := p.options.ReleaseFile; f != "" && filepath.Dir(f) != filepath.Clean(p.volume.Dir) {
		dirs = append(dirs, filepath.Dir(f))
	}
	if p.volume.Domain == contract.Config {
		dirs = append(dirs, p.options.CertsDir)
	}
	return dirs
}

// vars are the variables that may be expanded, with their values.
func vars(o Options) expand.Vars {
	v := expand.Vars{Values: map[string]string{contract.OursAlone: ""}, Names: []string{contract.OursAlone}}
	for name := range strings.SplitSeq(o.Expand, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		v.Names = append(v.Names, name)
		if value, ok := o.Env(name); ok {
			v.Values[name] = value
		}
	}
	if o.OrdinalFrom != "" {
		const name = "STATEFULSET_ORDINAL_NUMBER"
		value, _ := o.Env(o.OrdinalFrom)
		v.Names = append(v.Names, name)
		if number := value[len(strings.TrimRight(value, "0123456789")):]; number != "" {
			v.Values[name] = number
		}
	}
	return v
}

const (
	defaultMaxBytes = 128 << 20
	memoryMaxFile   = "/sys/fs/cgroup/memory.max"
)

// maxBytes bounds one set: two of them lie in memory that is ours while one replaces the other.
func (o Options) maxBytes() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	if limit, ok := memoryLimit(); ok {
		return min(defaultMaxBytes, limit/2)
	}
	return defaultMaxBytes
}

// memoryLimit is the container's, in bytes.
func memoryLimit() (int64, bool) {
	data, err := os.ReadFile(memoryMaxFile)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}
