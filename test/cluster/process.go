package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopTimeout is how long a part may take to end when asked to.
const stopTimeout = 10 * time.Second

// Process is a program that runs beside envtest's two.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// Run starts a program that belongs to the cluster. Its output goes to <name>.log beside the logs of the parts, and is shown with
// theirs. The caller stops it before the cluster.
func (c *Cluster) Run(name, path string, args ...string) (*Process, error) {
	log, err := c.logFile(name)
	if err != nil {
		return nil, err
	}
	return startProcess(path, log, args...)
}

func startProcess(path string, log *os.File, args ...string) (*Process, error) {
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(path), err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended is in its log
	}()
	return p, nil
}

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends the process as a crash would, and waits until it has ended.
func (p *Process) Kill() error {
	if p.Ended() {
		return nil
	}
	err := p.cmd.Process.Kill()
	<-p.done
	return err
}

// Stop asks the process to end and kills it when it does not.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
		return p.Kill()
	}
}
