package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	soak  = flag.Bool("soak", false, "wait as long as the faults really take, instead of scaled times")
	write = flag.String("write", "", "write the table of results into this page, between its markers")
)

// fault is one row: what happens, what guards against it, and how to see that it does.
type fault struct {
	id, what string
	guard    string // in words
	without  change // takes the guard out
	shorter  []edit // of waits that are minutes; -soak takes them as they are
	run      func(r *rig)
}

// change is how a guard is taken out: source lines replaced, or a setting.
type change struct {
	edits []edit
	env   []string
}

type edit struct{ file, old, new string }

// result is one line of the table.
type result struct {
	fault
	lostRules, lostJobs, loads int
	recovered                  time.Duration
	held                       bool
	failure                    string // of the run without the guard
}

var results struct {
	sync.Mutex
	rows []result
}

// unguardedRuns is how often a scenario is tried without its guard: some faults are races, which strike now and then.
const unguardedRuns = 4

// prove runs the scenario with its guard, where it must hold, and without, where it must fail.
func prove(t *testing.T, f fault) {
	t.Parallel()
	if !strings.HasPrefix(t.Name(), "Test"+f.id+"_") {
		t.Fatalf("the name of the test of fault %s has to begin with Test%s_", f.id, f.id)
	}
	res := result{fault: f}
	t.Run("holds", func(t *testing.T) {
		r := newRig(t, f.scaled(change{}))
		failure := r.attempt(f.run)
		res.lostRules, res.lostJobs, res.loads, res.recovered = r.sampler.lostRules(), r.sampler.lostJobs(), r.loads()-1, r.recovered
		if failure == "" {
			failure = r.lossless()
		}
		if res.held = failure == ""; !res.held {
			t.Errorf("%s: %s\n%s", f.what, failure, r.logs())
		}
	})
	t.Run("fails without its guard", func(t *testing.T) {
		var r *rig
		for range unguardedRuns {
			r = newRig(t, f.scaled(f.without))
			if res.failure = r.attempt(f.run); res.failure == "" {
				res.failure = r.lossless()
			}
			if res.failure != "" {
				return
			}
		}
		t.Errorf("%s: it holds without its guard (%s), so the test proves nothing\n%s", f.what, f.guard, r.logs())
	})
	results.Lock()
	defer results.Unlock()
	results.rows = append(results.rows, res)
}

// scaled shortens the reloaders' own waits.
func (f fault) scaled(c change) change {
	if *soak {
		return c
	}
	return change{edits: slices.Concat(f.shorter, c.edits), env: c.env}
}

// TestMain enters a user and mount namespace of its own, where small file systems can be mounted and limits be set without
// any rights outside, and prints the table at the end.
func TestMain(m *testing.M) {
	flag.Parse()
	const marker = "PROMLOOP_FAULTS_SANDBOX"
	if os.Getenv(marker) == "" {
		os.Exit(enter(marker))
	}
	dir, err := os.MkdirTemp("", "promloop-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// The volumes of a pod are memory, and a disk that is busy with something else would be a fault of its own.
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4g"); err != nil {
		fmt.Fprintln(os.Stderr, "mount a tmpfs:", err)
		os.Exit(1)
	}
	work = dir
	code := m.Run()
	printTable()
	_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	_ = os.Remove(dir)
	os.Exit(code)
}

func enter(marker string) int {
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), marker+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	runtime.LockOSThread() // the child dies with the thread that started it
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func table() string {
	results.Lock()
	defer results.Unlock()
	sort.Slice(results.rows, func(i, j int) bool { return rank(results.rows[i].id) < rank(results.rows[j].id) })
	var b strings.Builder
	b.WriteString("| id | fault | with its guard | rules lost | targets lost | reloads | recovered in | guard taken out | without it |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results.rows {
		held, fell := "holds", "fails: "+firstLine(r.failure)
		if !r.held {
			held = "FAILS"
		}
		if r.failure == "" {
			fell = "HOLDS, so it proves nothing"
		}
		recovered := "–"
		if r.recovered > 0 {
			recovered = fmt.Sprintf("%.2f s", r.recovered.Seconds())
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %s | %s | %s |\n", r.id, r.what, held, r.lostRules, r.lostJobs, r.loads, recovered, r.guard, fell)
	}
	return b.String()
}

func rank(id string) string {
	n := 0
	_, _ = fmt.Sscanf(id[1:], "%d", &n)
	return fmt.Sprintf("%c%03d%s", id[0], n, id)
}

// tempDir is what differs from run to run in a message.
var tempDir = regexp.MustCompile(`/\S*/rig-\d+`)

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	line = tempDir.ReplaceAllString(strings.ReplaceAll(line, "|", "/"), "…")
	return line[:min(len(line), 160)]
}

const (
	tableBegin = "<!-- table of results: begin -->\n"
	tableEnd   = "<!-- table of results: end -->"
)

func printTable() {
	if len(results.rows) == 0 {
		return
	}
	text := table()
	fmt.Println(text)
	if *write == "" {
		return
	}
	page, err := os.ReadFile(*write)
	before, rest, okBegin := strings.Cut(string(page), tableBegin)
	_, after, okEnd := strings.Cut(rest, tableEnd)
	if err != nil || !okBegin || !okEnd {
		fmt.Fprintf(os.Stderr, "%s has no markers for the table: %v\n", *write, err)
		return
	}
	if err := os.WriteFile(*write, []byte(before+tableBegin+text+tableEnd+after), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// work is a directory for everything that all tests share; it is removed at the end.
var work string

// prometheusBinary is the real thing. Without it nothing here means anything.
func prometheusBinary(t *testing.T) string {
	path := os.Getenv("PROMLOOP_PROMETHEUS")
	if path == "" {
		t.Fatal("PROMLOOP_PROMETHEUS has to name a prometheus binary; `make test-faults` builds one and sets it")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
