package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// rig is a volume, a Prometheus behind a proxy that counts POSTs, and one reloader.
type rig struct {
	dir      string
	addr     string
	proxy    *httptest.Server
	posts    atomic.Int64
	lastPost atomic.Int64 // when it came, in ns of the calendar
	commands []*exec.Cmd
	reloader *exec.Cmd
	version  int
}

func newRig(ctx context.Context, c contender, prometheus, dir string, more []string) (*rig, error) {
	r := &rig{dir: dir}
	for _, sub := range []string{"config", "out", "data"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	var err error
	if r.addr, err = freeAddr(); err != nil {
		return nil, err
	}
	if err := r.startProxy(); err != nil {
		return nil, err
	}
	if err := r.write(r.config("first")); err != nil {
		return nil, err
	}
	args := append([]string{
		"--reload-url=" + r.proxy.URL + "/-/reload", "--config-file=" + filepath.Join(dir, "config", "prometheus.yaml.gz"),
		"--config-envsubst-file=" + filepath.Join(dir, "out", "prometheus.env.yaml"), "--watched-dir=" + filepath.Join(dir, "config"),
	}, append(c.args, more...)...)
	if r.reloader, err = r.start(ctx, c.binary, args...); err != nil {
		return nil, err
	}
	if err := r.await(ctx, 10*time.Second, func() bool { return exists(filepath.Join(dir, "out", "prometheus.env.yaml")) }); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	_, err = r.start(ctx, prometheus, "--config.file="+filepath.Join(dir, "out", "prometheus.env.yaml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.enable-lifecycle", "--web.listen-address="+r.addr)
	return r, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (r *rig) startProxy() error {
	target, err := url.Parse("http://" + r.addr)
	if err != nil {
		return err
	}
	pass := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
		w.WriteHeader(http.StatusBadGateway)
	}}
	r.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			r.lastPost.Store(time.Now().UnixNano())
			r.posts.Add(1)
		}
		pass.ServeHTTP(w, req)
	}))
	return nil
}

func (r *rig) start(ctx context.Context, binary string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	log, err := os.OpenFile(filepath.Join(r.dir, filepath.Base(binary)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "POD_NAME=pod-0")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r.commands = append(r.commands, cmd)
	return cmd, nil
}

func (r *rig) stop() error {
	for _, cmd := range r.commands {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	r.commands = nil
	if r.proxy != nil {
		r.proxy.Close()
	}
	return nil
}

// settle waits until Prometheus is up and nothing has been posted for a while.
func (r *rig) settle(ctx context.Context) error {
	if err := r.await(ctx, 30*time.Second, func() bool { return r.running("first") }); err != nil {
		return err
	}
	quiet := time.Now()
	posts := r.posts.Load()
	return r.await(ctx, time.Minute, func() bool {
		if now := r.posts.Load(); now != posts {
			quiet, posts = time.Now(), now
		}
		return time.Since(quiet) > 7*time.Second
	})
}

// write puts the configuration into the volume the way a kubelet does, in one swap.
func (r *rig) write(text string) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	dir := filepath.Join(r.dir, "config")
	r.version++
	version := "..v" + strconv.Itoa(r.version)
	old, _ := os.Readlink(filepath.Join(dir, "..data"))
	if err := os.Mkdir(filepath.Join(dir, version), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, version, "prometheus.yaml.gz"), b.Bytes(), 0o644); err != nil {
		return err
	}
	err := errors.Join(os.Symlink(version, filepath.Join(dir, "..data_tmp")), os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	if err != nil || old != "" {
		return errors.Join(err, os.RemoveAll(filepath.Join(dir, old)))
	}
	return os.Symlink(filepath.Join("..data", "prometheus.yaml.gz"), filepath.Join(dir, "prometheus.yaml.gz"))
}

// config is a configuration with one job of this name.
func (r *rig) config(job string) string {
	return fmt.Sprintf("global:\n  external_labels: {pod: $(POD_NAME)}\nscrape_configs:\n- job_name: %s\n", job)
}

// change writes one change and returns the time to its POST.
func (r *rig) change(ctx context.Context, n int) (time.Duration, error) {
	job, posts := fmt.Sprintf("job%d", n), r.posts.Load()
	text := r.config(job)
	began := time.Now()
	if err := r.write(text); err != nil {
		return 0, err
	}
	if err := r.await(ctx, 30*time.Second, func() bool { return r.posts.Load() > posts }); err != nil {
		return 0, err
	}
	took := time.Unix(0, r.lastPost.Load()).Sub(began)
	return took, r.await(ctx, 30*time.Second, func() bool { return r.running(job) })
}

// big loads a configuration of 20 MB and waits for the reloader to come to rest.
func (r *rig) big(ctx context.Context) error {
	var b strings.Builder
	b.WriteString("scrape_configs:\n")
	for n := 0; b.Len() < 20<<20; n++ {
		fmt.Fprintf(&b, "- job_name: big%d\n  relabel_configs:\n", n)
		for k := range 15 {
			fmt.Fprintf(&b, "  - source_labels: [__meta_kubernetes_pod_label_%d]\n    target_label: label_%d\n    replacement: value-%d-%d\n", k, k, n, k)
		}
	}
	posts := r.posts.Load()
	if err := r.write(b.String()); err != nil {
		return err
	}
	if err := r.await(ctx, time.Minute, func() bool { return r.posts.Load() > posts }); err != nil {
		return err
	}
	quiet := time.Now()
	return r.await(ctx, time.Minute, func() bool { return time.Since(quiet) > 15*time.Second })
}

// running says that Prometheus' configuration has the job.
func (r *rig) running(job string) bool {
	res, err := http.Get("http://" + r.addr + "/api/v1/status/config")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return err == nil && strings.Contains(string(text), "job_name: "+job+`\n`)
}

// rss is the reloader's resident memory in KiB.
func (r *rig) rss() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.reloader.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(fields[0])
	return n
}

// volume is what lies in the output directory, in bytes.
func (r *rig) volume() (n int64) {
	_ = filepath.Walk(filepath.Join(r.dir, "out"), func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}

func (r *rig) await(ctx context.Context, within time.Duration, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %v", within)
		case <-tick.C:
		}
	}
	return nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
