package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// place is the directory where the one node of this machine's user leaves what others need to find it.
type place string

func newPlace() (place, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no directory for the node's files: %w", err)
	}
	p := place(filepath.Join(cache, "promloop", "node"))
	return p, os.MkdirAll(string(p), 0o700)
}

func (p place) kubeconfig() string { return filepath.Join(string(p), "kubeconfig") }
func (p place) log() string        { return filepath.Join(string(p), "log") }
func (p place) pid() string        { return filepath.Join(string(p), "pid") }

// lock is held by the process that keeps the node, for as long as it lives.
func (p place) lock() (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(string(p), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, errTaken
	}
	return file, nil
}

var errTaken = errors.New("a node is up already; end it with: make node-down")

// up starts the keeper in a session of its own and follows its log until the node can be reached.
func up(p place) error {
	lock, err := p.lock()
	if err != nil {
		return err
	}
	_ = os.Remove(p.kubeconfig())
	log, err := os.Create(p.log())
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	keeper := exec.Command(self, "keep")
	keeper.Stdout, keeper.Stderr = log, log
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	lock.Close() // the keeper takes it
	if err := keeper.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(p.pid(), []byte(strconv.Itoa(keeper.Process.Pid)), 0o600); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- keeper.Wait() }()
	return p.follow(ended)
}

// follow shows the log until there is a kubeconfig, or the keeper has ended.
func (p place) follow(ended <-chan error) error {
	log, err := os.Open(p.log())
	if err != nil {
		return err
	}
	defer log.Close()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			_, _ = io.Copy(os.Stderr, log)
			return fmt.Errorf("the node did not come up: %w", err)
		case <-tick.C:
		}
		if _, err := io.Copy(os.Stderr, log); err != nil {
			return err
		}
		if _, err := os.Stat(p.kubeconfig()); err == nil {
			fmt.Printf("export KUBECONFIG=%s\n", p.kubeconfig())
			return nil
		}
	}
}

// down asks the keeper to end and waits until it has.
func down(p place) error {
	if lock, err := p.lock(); err == nil {
		return errors.Join(lock.Close(), errors.New("no node is up"))
	}
	text, err := os.ReadFile(p.pid())
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", p.pid(), err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return err
	}
	for range time.Tick(100 * time.Millisecond) {
		if lock, err := p.lock(); err == nil {
			return errors.Join(os.Remove(p.pid()), os.RemoveAll(p.kubeconfig()), lock.Close())
		}
	}
	return nil
}
