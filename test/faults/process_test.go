package faults

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one that the test started and ends.
type process struct {
	name string
	args []string
	env  []string
	attr *syscall.SysProcAttr

	cmd  *exec.Cmd
	out  *output
	done chan struct{}
	err  error
}

type output struct {
	sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.Lock()
	defer o.Unlock()
	return o.Buffer.Write(p)
}

func (r *rig) process(name, binary string, args ...string) *process {
	return &process{name: name, out: &output{}, args: append([]string{binary}, args...)}
}

// again is a process of the same name as one that ended: its log goes on.
func (r *rig) again(old *process, name, binary string, args ...string) *process {
	p := r.process(name, binary, args...)
	if old != nil {
		old.kill()
		p.out = old.out
	}
	return p
}

func (p *process) start() error {
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = p.attr
	p.done = make(chan struct{})
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return nil
}

func (p *process) wait(within time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(within):
		return errTimeout
	}
}

func (p *process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends it as a crash would, and returns when it is gone.
func (p *process) kill() {
	if p == nil || p.cmd == nil || p.cmd.Process == nil {
		return
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stopped says that it stopped itself and waits for SIGCONT.
func (p *process) stopped() bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := bytes.Cut(data, []byte(") "))
	return len(after) > 0 && after[0] == 'T'
}

// mostMemory is the largest resident memory so far, in bytes.
func (p *process) mostMemory() (bytes int64) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	_, _ = fmt.Sscanf(after, "%d kB", &bytes)
	return bytes << 10
}

func (p *process) log() string {
	p.out.Lock()
	defer p.out.Unlock()
	return p.out.String()
}

// limited starts the process in a user namespace of its own, in which this limit of inotify is 0 until the file is there.
func (p *process) limited(limit, until string) {
	knob := "/proc/sys/user/" + limit
	script := "echo 0 > " + knob + "; (while kill -0 $$ && [ ! -e " + until + " ]; do sleep 0.1; done; echo 100 > " + knob + `) 2>/dev/null & exec "$0" "$@"`
	p.args = append([]string{"/bin/sh", "-c", script}, p.args...)
	p.attr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{Size: 1}},
	}
}
