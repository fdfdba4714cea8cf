// Command reloader drives our config-reloader and upstream's side by side, each beside a real Prometheus of its own, and prints
// what they need: time from a change on disk to the POST, time from a fix on disk to loaded, memory, size. Upstream's is built
// from its module. It is an oracle for figures, nothing of it is part of the product.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	write := flag.String("write", "", "write the table into this page, between its markers")
	changes := flag.Int("changes", 100, "changes to measure with ours; upstream's gets a fifth of that, at a second each")
	flag.Parse()
	if err := run(context.Background(), *changes, *write, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// contender is one of the two reloaders.
type contender struct {
	name, binary string
	packages     int
	args         []string
	// scaled are arguments for the measurement of a fix, where the defaults take minutes.
	scaled  []string
	changes int
}

// figures are what was measured of one.
type figures struct {
	change       []time.Duration
	fix          time.Duration
	idle, loaded int // KiB
	volume       int64
	size         int64
	packages     int
	postsForFix  int64
	scaledBy     string
}

func run(ctx context.Context, changes int, page string, out io.Writer) error {
	prometheus := os.Getenv("PROMLOOP_PROMETHEUS")
	if prometheus == "" {
		return fmt.Errorf("PROMLOOP_PROMETHEUS has to name a prometheus binary; `make bench-upstream` builds one and sets it")
	}
	work, err := os.MkdirTemp(memory(), "promloop-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	contenders, err := build(ctx, work, changes)
	if err != nil {
		return err
	}
	results := make([]figures, len(contenders))
	for i, c := range contenders {
		fmt.Fprintf(os.Stderr, "measuring %s\n", c.name)
		if results[i], err = measure(ctx, c, prometheus, filepath.Join(work, c.name)); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	table := render(results[0], results[1])
	fmt.Fprint(out, table)
	return keep(page, table)
}

// memory is where volumes lie in memory, as a pod's do; a disk that is busy would be measured instead.
func memory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return ""
}

const upstreamPackage = "github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader"

func build(ctx context.Context, work string, changes int) ([]contender, error) {
	ours := contender{name: "promloop", binary: filepath.Join(work, "config-reloader"), changes: changes}
	theirs := contender{
		name: "upstream", binary: filepath.Join(work, "prometheus-config-reloader"), changes: max(changes/5, 1),
		args: []string{"--listen-address=127.0.0.1:0"}, scaled: []string{"--watch-interval=10s"},
	}
	for _, b := range []struct {
		c        *contender
		dir, pkg string
	}{{&ours, "../../../sidecars", "./cmd/config-reloader"}, {&theirs, ".", upstreamPackage}} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.c.binary, b.pkg)
		cmd.Dir, cmd.Env = b.dir, append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", b.c.name, err, text)
		}
		list := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", b.pkg)
		list.Dir = b.dir
		text, err := list.Output()
		if err != nil {
			return nil, err
		}
		b.c.packages = len(strings.Fields(string(text)))
	}
	return []contender{ours, theirs}, nil
}

func measure(ctx context.Context, c contender, prometheus, dir string) (figures, error) {
	f := figures{packages: c.packages, scaledBy: strings.Join(c.scaled, " ")}
	info, err := os.Stat(c.binary)
	if err != nil {
		return f, err
	}
	f.size = info.Size()
	r, err := newRig(ctx, c, prometheus, filepath.Join(dir, "changes"), nil)
	if err != nil {
		return f, err
	}
	defer r.stop()
	if err := r.settle(ctx); err != nil {
		return f, err
	}
	f.idle = r.rss()
	for n := range c.changes {
		took, err := r.change(ctx, n)
		if err != nil {
			return f, err
		}
		f.change = append(f.change, took)
	}
	slices.Sort(f.change)
	if err := r.big(ctx); err != nil {
		return f, err
	}
	f.loaded, f.volume = r.rss(), r.volume()
	r.stop()
	f.fix, f.postsForFix, err = measureFix(ctx, c, prometheus, filepath.Join(dir, "fix"))
	return f, err
}

// measureFix lets a configuration that Prometheus refuses stand for some seconds and then puts a good one on the disk.
func measureFix(ctx context.Context, c contender, prometheus, dir string) (time.Duration, int64, error) {
	r, err := newRig(ctx, c, prometheus, dir, c.scaled)
	if err != nil {
		return 0, 0, err
	}
	defer r.stop()
	if err := r.settle(ctx); err != nil {
		return 0, 0, err
	}
	posts := r.posts.Load()
	if err := r.write(r.config("bad") + "- job_name: bad\n"); err != nil {
		return 0, 0, err
	}
	if err := r.await(ctx, 30*time.Second, func() bool { return r.posts.Load() > posts }); err != nil {
		return 0, 0, fmt.Errorf("the bad configuration is not posted: %w", err)
	}
	<-time.After(2 * time.Second)
	posts = r.posts.Load()
	began := time.Now()
	if err := r.write(r.config("fixed")); err != nil {
		return 0, 0, err
	}
	err = r.await(ctx, 5*time.Minute, func() bool { return r.running("fixed") })
	return time.Since(began), r.posts.Load() - posts, err
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

func render(a, b figures) string {
	var t strings.Builder
	t.WriteString("| | promloop | upstream |\n|---|---|---|\n")
	row := func(what, x, y string) { fmt.Fprintf(&t, "| %s | %s | %s |\n", what, x, y) }
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	spread := func(f figures) string {
		return fmt.Sprintf("p50 %s, p99 %s, n=%d", ms(percentile(f.change, 0.5)), ms(percentile(f.change, 0.99)), len(f.change))
	}
	fix := func(f figures) string {
		text := fmt.Sprintf("%.2f s, POSTs: %d", f.fix.Seconds(), f.postsForFix)
		if f.scaledBy != "" {
			text += ", scaled with `" + f.scaledBy + "`; its default is 18 times as long"
		}
		return text
	}
	mb := func(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
	row("change on disk → POST", spread(a), spread(b))
	row("fix on disk after a bad configuration → loaded", fix(a), fix(b))
	row("resident memory, idle", mb(int64(a.idle)<<10), mb(int64(b.idle)<<10))
	row("resident memory after a 20 MB configuration", mb(int64(a.loaded)<<10), mb(int64(b.loaded)<<10))
	row("in the memory volume after it", mb(a.volume), mb(b.volume))
	row("binary, static and stripped", mb(a.size), mb(b.size))
	row("packages linked outside the standard library", fmt.Sprint(a.packages), fmt.Sprint(b.packages))
	return t.String()
}

const (
	tableBegin = "<!-- benchmark: begin -->\n"
	tableEnd   = "<!-- benchmark: end -->"
)

func keep(page, table string) error {
	if page == "" {
		return nil
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, okBegin := strings.Cut(string(text), tableBegin)
	_, after, okEnd := strings.Cut(rest, tableEnd)
	if !okBegin || !okEnd {
		return fmt.Errorf("%s has no markers for the table", page)
	}
	return os.WriteFile(page, []byte(before+tableBegin+table+tableEnd+after), 0o644)
}
