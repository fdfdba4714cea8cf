package prometheus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// Signal reloads by SIGHUP, where the HTTP endpoint is off and the containers share a process namespace.
type Signal struct {
	// Executable is the base name of Prometheus' program file.
	Executable string
	// Proc is where processes are listed; "" is /proc.
	Proc string
}

const signalPoll = 100 * time.Millisecond

// reloadBySignal sends SIGHUP and waits until Prometheus' last load moves. That has whole seconds, so the signal is not sent
// in the second of the load before: a success always shows.
func (c *Client) reloadBySignal(ctx context.Context) (transaction.Outcome, transaction.Problem) {
	before := c.info(ctx)
	if before.Phase != transaction.Ready {
		return transaction.NoAnswer, before.Problem
	}
	if wait := time.Until(before.LastReload.Add(time.Second)); wait > 0 && wait <= time.Second && !sleep(ctx, wait) {
		return transaction.TimedOut, problem(contract.ReloadTimeout, "%v", ctx.Err())
	}
	if err := c.Signal.send(); err != nil {
		return transaction.Rejected, problem(contract.Unreachable, "%v", err)
	}
	for sleep(ctx, signalPoll) {
		now := c.info(ctx)
		switch {
		case now.Phase == transaction.Down, now.Phase == transaction.Ready && !now.Start.Equal(before.Start):
			return transaction.NoAnswer, problem(contract.Unreachable, "Prometheus ended during the reload")
		case now.Phase != transaction.Ready:
		case now.LastReload.After(before.LastReload):
			return transaction.Accepted, transaction.Problem{}
		case before.ReloadOK && !now.ReloadOK:
			return transaction.Refused, problem(contract.PrometheusRefused, "the reload by signal failed; Prometheus' log says why")
		}
	}
	if !before.ReloadOK { // it was bad before and a failure leaves no other trace
		return transaction.Refused, problem(contract.PrometheusRefused, "the reload by signal did not succeed within %v; Prometheus' log says why", c.ReloadTimeout)
	}
	return transaction.TimedOut, problem(contract.ReloadTimeout, "the reload by signal did not end within %v", c.ReloadTimeout)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// send finds the one process and signals it.
func (s *Signal) send() error {
	pids, err := s.find()
	if err != nil {
		return err
	}
	if len(pids) != 1 {
		return fmt.Errorf("found %d processes of %q, want one: is shareProcessNamespace set?", len(pids), s.Executable)
	}
	return syscall.Kill(pids[0], syscall.SIGHUP)
}

func (s *Signal) find() ([]int, error) {
	proc := s.Proc
	if proc == "" {
		proc = "/proc"
	}
	entries, err := os.ReadDir(proc)
	var pids []int
	for _, e := range entries {
		pid, notPid := strconv.Atoi(e.Name())
		if notPid == nil && pid != os.Getpid() && s.matches(filepath.Join(proc, e.Name())) {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// matches compares the name of the program; the link to it is unreadable for processes of other users.
func (s *Signal) matches(dir string) bool {
	exe, err := os.Readlink(filepath.Join(dir, "exe"))
	if err == nil {
		return filepath.Base(strings.TrimSuffix(exe, " (deleted)")) == s.Executable
	}
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if errors.Is(err, os.ErrNotExist) || len(line) == 0 {
		return false
	}
	program, _, _ := strings.Cut(string(line), "\x00")
	return filepath.Base(program) == s.Executable
}
