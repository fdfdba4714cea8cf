package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	volumeutil "k8s.io/kubernetes/pkg/volume/util"
)

// rig is a pod in a directory: volumes, the shared output, a Prometheus and both reloaders.
type rig struct {
	t           *testing.T
	dir         string
	change      change
	bin         string
	binary      string   // Prometheus
	flags       []string // of Prometheus, beside the usual
	noLifecycle bool
	env         map[string][]string
	prefix      string // of the address of Prometheus
	scheme      string
	url         string        // what the reloaders are told
	rulesAt     string        // where Prometheus reads rules; "" is the committed set
	limit       string        // of inotify that is 0 for the reloaders
	lifetime    time.Duration // of certificates
	addr        string
	client      *http.Client
	prom        *process
	config      *process
	rules       *process
	ports       map[string]string
	writers     map[string]*volumeutil.AtomicWriter
	serial      int64
	sampler     *sampler

	recovered time.Duration
}

const (
	config = "config"
	rules  = "rules"
	// fallback is the volume of the last known good sets.
	fallback = "lkg"
	// soon is what every fault allows from the end of its cause to the wanted set.
	soon = 5 * time.Second
)

type failure struct{ text string }

func newRig(t *testing.T, c change) *rig {
	dir, err := os.MkdirTemp(work, "rig-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r := &rig{
		t: t, dir: dir, change: c, scheme: "http", binary: prometheusBinary(t), client: &http.Client{Timeout: 10 * time.Second},
		env: map[string][]string{}, ports: map[string]string{config: freeAddr(t), rules: freeAddr(t)}, addr: freeAddr(t),
		writers: map[string]*volumeutil.AtomicWriter{}, lifetime: time.Hour,
	}
	r.sampler = &sampler{r: r, rules: map[string]int{}, jobs: map[string]int{}}
	bin, err := reloaders(c.edits)
	if err != nil {
		t.Fatal(err)
	}
	r.bin = bin
	for _, sub := range []string{config, rules, fallback, "out", "certs", "data"} {
		if err := os.Mkdir(r.path(sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{config, rules, fallback} {
		w, err := volumeutil.NewAtomicWriter(r.path(d), d)
		if err != nil {
			t.Fatal(err)
		}
		r.writers[d] = w
	}
	t.Cleanup(r.stop)
	return r
}

func (r *rig) path(elem ...string) string { return filepath.Join(append([]string{r.dir}, elem...)...) }

// attempt runs the scenario and returns why it failed, or "".
func (r *rig) attempt(run func(*rig)) (why string) {
	defer func() {
		p := recover()
		if f, ok := p.(failure); ok {
			why = f.text
		} else if p != nil {
			panic(p)
		}
	}()
	run(r)
	return ""
}

func (r *rig) failf(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

func (r *rig) must(err error, doing string) {
	if err != nil {
		r.failf("%s: %v", doing, err)
	}
}

// lossless says what the sampler missed.
func (r *rig) lossless() string {
	if n := r.sampler.lostRules() + r.sampler.lostJobs(); n > 0 {
		return fmt.Sprintf("%d rule groups and %d jobs of the last good set went missing: %s", r.sampler.lostRules(), r.sampler.lostJobs(), r.sampler.first)
	}
	return ""
}

// write puts a payload into a volume the way the kubelet does.
func (r *rig) write(domain string, files map[string][]byte) {
	payload := map[string]volumeutil.FileProjection{}
	for name, data := range files {
		payload[name] = volumeutil.FileProjection{Data: data, Mode: 0o644}
	}
	r.must(r.writers[domain].Write(payload, nil), "write the volume of "+domain)
}

// configText is a configuration with these jobs, each of which scrapes Prometheus itself, and extra text at its end.
func (r *rig) configText(jobs []string, extra string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\n  external_labels:\n    pod: $(POD_NAME)\nrule_files:\n- %s/*.yaml\n", r.ruleDir())
	b.WriteString(extra)
	b.WriteString("scrape_configs:\n")
	for _, j := range jobs {
		fmt.Fprintf(&b, "- job_name: %s\n  static_configs:\n  - targets: [%q]\n", j, r.addr)
	}
	return b.String()
}

func (r *rig) ruleDir() string {
	if r.rulesAt != "" {
		return r.rulesAt
	}
	return r.path("out", rules, "current")
}

// setConfig writes a complete configuration with its manifest and returns its digest.
func (r *rig) setConfig(jobs ...string) string {
	return r.setConfigText(r.configText(jobs, ""), len(jobs))
}

func (r *rig) setConfigText(text string, jobs int) string {
	return r.setParts(jobs, map[string][]byte{"prometheus.yaml.gz": zipped(text)})
}

func (r *rig) setParts(jobs int, parts map[string][]byte) string {
	m := configManifest(r.next(), jobs, parts)
	files := map[string][]byte{"manifest.json": m.json()}
	for k, v := range parts {
		files[k] = v
	}
	r.write(config, files)
	return m.Digest
}

// setRules writes complete rule files with their manifest and returns their digest.
func (r *rig) setRules(files map[string]string) string {
	groups := 0
	out := map[string][]byte{}
	for name, text := range files {
		groups += strings.Count(text, "\n- name: ")
		out[name] = []byte(text)
	}
	m := rulesManifest(r.next(), groups, files)
	out["manifest.json"] = m.json()
	r.write(rules, out)
	return m.Digest
}

func (r *rig) setRule(version string) string {
	return r.setRules(map[string]string{"base.yaml": ruleFile(version, "base")})
}

func (r *rig) next() int64 { r.serial++; return r.serial }

// start brings up a whole pod on a first set with job and group "base", which have to stay from then on.
func (r *rig) start() {
	c, ru := r.setConfig("base"), r.setRule("1")
	r.init(true)
	r.startPrometheus()
	r.startReloaders()
	r.awaitLoaded(config, c, 15*time.Second)
	r.awaitLoaded(rules, ru, 15*time.Second)
	r.await(15*time.Second, "the first set in Prometheus", func() bool {
		return slices.Contains(r.jobs(), "base") && slices.Contains(r.groups(), "base")
	})
	r.sampler.start([]string{"base"}, []string{"base"})
}

func (r *rig) init(withRules bool) {
	p := r.process("init", filepath.Join(r.bin, "config-reloader"), r.configArgs()...)
	p.env = append(r.reloaderEnv(config), "RELOADER_ONCE=true", "RELOADER_FALLBACK_DIR="+r.path(fallback))
	if withRules {
		p.env = append(p.env, "RELOADER_RULES_DIR="+r.path(rules))
	}
	p.env = append(append(p.env, r.change.env...), "RELOADER_OUTPUT_DIR="+r.path("out"), "RELOADER_WATCH_INTERVAL=100ms")
	r.must(p.start(), "start the init container")
	defer p.kill() // it may wait for ever
	r.must(p.wait(10*time.Second), "the init container")
}

func (r *rig) startPrometheus() {
	args := append([]string{
		"--config.file=" + r.path("out", "prometheus.env.yaml"), "--storage.tsdb.path=" + r.path("data"), "--web.listen-address=" + r.addr,
		"--storage.tsdb.no-lockfile",
	}, r.flags...)
	if !r.noLifecycle {
		args = append(args, "--web.enable-lifecycle")
	}
	r.prom = r.again(r.prom, "prometheus", r.binary, args...)
	r.must(r.prom.start(), "start Prometheus")
}

func (r *rig) startReloaders() {
	r.startReloader(config)
	r.startReloader(rules)
}

func (r *rig) configArgs() []string {
	return []string{"--log-format=logfmt", "--reload-url=" + r.reloadURL(), "--config-file=" + r.path(config, "prometheus.yaml.gz"),
		"--config-envsubst-file=" + r.path("out", "prometheus.env.yaml")}
}

func (r *rig) startReloader(domain string, extra ...string) {
	var p *process
	if domain == config {
		p = r.again(r.config, config, filepath.Join(r.bin, "config-reloader"), r.configArgs()...)
		r.config = p
	} else {
		p = r.again(r.rules, rules, filepath.Join(r.bin, "rules-reloader"), "--webhook-url="+r.reloadURL(), "--volume-dir="+r.path(rules))
		r.rules = p
	}
	p.env = append(append(r.reloaderEnv(domain), r.change.env...), extra...)
	if domain == config && r.rulesAt != "" {
		p.env = append(p.env, "RELOADER_OUTPUT_DIR="+r.path("out")) // only the rules are read where they are
	}
	if r.limit != "" {
		p.limited(r.limit, r.path("unlimited"))
	}
	r.must(p.start(), "start the "+domain+" reloader")
}

func (r *rig) reloaderEnv(domain string) []string {
	env := []string{"POD_NAME=pod-0", "SHARD=0", "RELOADER_OUTPUT_DIR=" + r.path("out"), "RELOADER_LISTEN_ADDRESS=" + r.ports[domain],
		"RELOADER_CERTS_DIR=" + r.path("certs")}
	return append(append(env, r.env[""]...), r.env[domain]...)
}

// base is where the test itself asks Prometheus; told is what the reloaders use, which may be a proxy.
func (r *rig) base() string { return r.scheme + "://" + r.addr + r.prefix }

func (r *rig) reloadURL() string {
	if r.url != "" {
		return r.url + "/-/reload"
	}
	return r.base() + "/-/reload"
}

func (r *rig) healthy(domain, path string) bool {
	res, err := r.client.Get("http://" + r.ports[domain] + path)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// await polls until the condition holds; the text says what was waited for.
func (r *rig) await(within time.Duration, what string, ok func() bool) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			r.failf("%s: not within %v\nconfig %+v\nrules %+v", what, within, r.report(config), r.report(rules))
		case <-tick.C:
		}
	}
}

func (r *rig) awaitLoaded(domain, digest string, within time.Duration) {
	began := time.Now()
	r.await(within, "the "+domain+" reloader reports its wanted set as loaded", func() bool { return r.report(domain).Loaded == digest })
	r.recovered = time.Since(began)
}

func (r *rig) awaitReason(domain, reason string) loaded {
	var l loaded
	r.await(soon, "the "+domain+" reloader says "+reason, func() bool { l = r.report(domain); return l.Reason == reason })
	return l
}

// during looks again and again for a while that something stays true.
func (r *rig) during(d time.Duration, what string, ok func() bool) {
	for end := time.Now().Add(d); time.Now().Before(end); r.pause(20 * time.Millisecond) {
		if !ok() {
			r.failf("%s: not any more", what)
		}
	}
}

// pause lets time pass where time itself is the fault.
func (r *rig) pause(d time.Duration) { <-time.After(d) }

// scaled is a wait of minutes, literal with -soak and short otherwise.
func scaled(long, short time.Duration) time.Duration {
	if *soak {
		return long
	}
	return short
}

// loads is how often Prometheus loaded its files, by its log.
func (r *rig) loads() int {
	if r.prom == nil {
		return 0
	}
	return strings.Count(r.prom.log(), "Loading configuration file")
}

func (r *rig) current(domain string) string {
	id, err := os.Readlink(r.path("out", domain, "current"))
	if err != nil {
		return ""
	}
	return filepath.Base(id)
}

func (r *rig) stop() {
	r.sampler.stop()
	for _, p := range []*process{r.config, r.rules, r.prom} {
		if p != nil {
			p.kill()
		}
	}
}

func (r *rig) logs() string {
	var b bytes.Buffer
	for _, p := range []*process{r.config, r.rules, r.prom} {
		if p != nil {
			text := p.log()
			fmt.Fprintf(&b, "--- %s\n%s\n", p.name, text[max(0, len(text)-6000):])
		}
	}
	return b.String()
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var errTimeout = errors.New("did not end in time")
