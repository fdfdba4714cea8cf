package prometheus_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/prometheus"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// listed is a list of processes in which each of these runs the program.
func listed(t *testing.T, program string, pids ...int) string {
	t.Helper()
	proc := t.TempDir()
	for _, pid := range pids {
		dir := filepath.Join(proc, strconv.Itoa(pid))
		if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink("/bin/"+program, filepath.Join(dir, "exe"))); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

// sleeper is a process that ends of SIGHUP; the channel is closed then.
func sleeper(t *testing.T) (pid int, ended chan struct{}) {
	t.Helper()
	// Under nohup SIGHUP is ignored, and what is ignored stays so in a child; what is caught does not.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return cmd.Process.Pid, ended
}

func TestWhatBecomesOfASignal(t *testing.T) {
	type answer struct {
		start, last string
		ok          bool
	}
	before := answer{"2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", true}
	cases := map[string]struct {
		reason string
		before answer
		after  answer
		want   transaction.Outcome
	}{
		"Loaded":      {"its last load moved", before, answer{before.start, "2026-01-01T00:00:09Z", true}, transaction.Accepted},
		"Refused":     {"its last load failed", before, answer{before.start, before.last, false}, transaction.Refused},
		"Restarted":   {"another process loaded its files when it started", before, answer{"2026-01-01T00:00:08Z", "2026-01-01T00:00:09Z", true}, transaction.NoAnswer},
		"Nothing":     {"it does not say", before, before, transaction.TimedOut},
		"StillRefuse": {"it was bad before, so a failure shows nowhere", answer{before.start, before.last, false}, answer{before.start, before.last, false}, transaction.Refused},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pid, signalled := sleeper(t)
			c := client(t, serve(t, map[string]func(http.ResponseWriter, *http.Request){
				"GET /api/v1/status/runtimeinfo": func(w http.ResponseWriter, _ *http.Request) {
					now := tc.before
					select {
					case <-signalled:
						now = tc.after
					default:
					}
					fmt.Fprintf(w, `{"data":{"startTime":%q,"lastConfigTime":%q,"reloadConfigSuccess":%v}}`, now.start, now.last, now.ok)
				},
			}))
			if tc.after == tc.before {
				c.ReloadTimeout = 2 * time.Second
			}
			c.Signal = &prometheus.Signal{Executable: "prom", Proc: listed(t, "prom", pid)}
			if got, problem := c.Reload(t.Context()); got != tc.want {
				t.Errorf("%s: got %v %+v, want %v", tc.reason, got, problem, tc.want)
			}
		})
	}
}

func TestASignalGoesToOneProcessOrNone(t *testing.T) {
	pid, _ := sleeper(t)
	other, _ := sleeper(t)
	for found, pids := range map[string][]int{"found 0": nil, "found 2": {pid, other}} {
		c := client(t, serve(t, map[string]func(http.ResponseWriter, *http.Request){"GET /api/v1/status/runtimeinfo": says(200, info)}))
		c.Signal = &prometheus.Signal{Executable: "prom", Proc: listed(t, "prom", pids...)}
		if outcome, problem := c.Reload(t.Context()); outcome != transaction.Rejected || problem.Reason != contract.Unreachable || !strings.Contains(problem.Text, found) {
			t.Errorf("%s: %v %+v", found, outcome, problem)
		}
	}
	if err := errors.Join(syscall.Kill(pid, 0), syscall.Kill(other, 0)); err != nil {
		t.Errorf("one of two was signalled: %v", err)
	}
}

// TestTheSignalAvoidsTheSecondOfTheLastLoad: Prometheus tells its last load in whole seconds.
func TestTheSignalAvoidsTheSecondOfTheLastLoad(t *testing.T) {
	pid, signalled := sleeper(t)
	last := time.Now().Truncate(time.Second)
	var early atomic.Bool
	c := client(t, serve(t, map[string]func(http.ResponseWriter, *http.Request){
		"GET /api/v1/status/runtimeinfo": func(w http.ResponseWriter, _ *http.Request) {
			shown := last
			select {
			case <-signalled:
				shown = time.Now().Truncate(time.Second)
				early.CompareAndSwap(false, shown.Equal(last))
			default:
			}
			fmt.Fprintf(w, `{"data":{"startTime":"2026-01-01T00:00:00Z","lastConfigTime":%q,"reloadConfigSuccess":true}}`, shown.Format(time.RFC3339))
		},
	}))
	c.Signal = &prometheus.Signal{Executable: "prom", Proc: listed(t, "prom", pid)}
	if outcome, problem := c.Reload(t.Context()); outcome != transaction.Accepted || early.Load() {
		t.Errorf("%v %+v, in the same second: %v", outcome, problem, early.Load())
	}
}
