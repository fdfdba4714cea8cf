package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// sandboxEnv tells a program that it runs inside the sandbox; its value is the directory of the run.
const sandboxEnv = "PROMLOOP_SANDBOX"

// Prepare is work to be done before the sandbox is entered, while there is still a network: building programs, say. What it
// leaves in dir is found inside the sandbox at Dir.
type Prepare func(ctx context.Context, dir string) error

// Main runs a test suite inside the sandbox; call it from TestMain. It does not return.
func Main(m interface{ Run() int }, prepare ...Prepare) {
	Enter(prepare...)
	os.Exit(m.Run())
}

// Enter moves the program into the sandbox: it builds the parts, calls prepare, starts the same program with the same arguments
// in a user, network, mount, PID and IPC namespace of its own, and ends with the exit status of that one. Only in there Enter
// returns. It needs no privileges.
//
// Inside, the program is process 1. When it ends, the kernel ends everything it started, and every mount, link and file made
// there is gone. SIGINT and SIGTERM reach the program alone, so that it can end its parts in order; a second one ends it at once.
func Enter(prepare ...Prepare) {
	enter(withoutPrivileges(), prepare)
}

// EnterAsRoot is Enter for programs that need the privileges of root, such as a container runtime. It must be called as root.
func EnterAsRoot(prepare ...Prepare) {
	enter(&syscall.SysProcAttr{}, prepare)
}

func enter(attributes *syscall.SysProcAttr, prepare []Prepare) {
	if os.Getenv(sandboxEnv) == "" {
		status, err := outside(attributes, prepare)
		if err != nil {
			fmt.Fprintln(os.Stderr, "sandbox:", err)
			status = 1
		}
		os.Exit(status)
	}
	if os.Getpid() != 1 {
		return // a program that was started by the one inside
	}
	if err := furnish(); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

// Dir is the directory of this run, removed when the run ends. It is "" outside the sandbox.
func Dir() string { return os.Getenv(sandboxEnv) }

// outside runs the program inside the sandbox and returns its exit status.
func outside(attributes *syscall.SysProcAttr, prepare []Prepare) (int, error) {
	runtime.LockOSThread() // the child's parent, for Pdeathsig, is the thread
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP)
	defer signal.Stop(signals)

	dir, err := os.MkdirTemp("", "promloop-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	parts, err := makeReady(signals, dir, prepare)
	if err != nil {
		return 0, err
	}
	gate, err := openGate(dir)
	if err != nil {
		return 0, err
	}
	defer gate.Close()

	inside := programInside(dir, parts, attributes)
	if err := inside.Start(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, namespaceAdvice)
	}
	go pass(signals, inside.Process)
	return exitStatus(inside.Wait())
}

// makeReady builds the parts and does the preparations, both of which a signal ends.
func makeReady(signals <-chan os.Signal, dir string, prepare []Prepare) (parts string, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
		}
	}()
	if parts, err = Parts(ctx, os.Stderr); err != nil {
		return "", err
	}
	for _, p := range prepare {
		if err := p(ctx, dir); err != nil {
			return "", err
		}
	}
	return parts, ctx.Err()
}

// namespaceAdvice is what to do where the kernel refuses.
const namespaceAdvice = `This needs user namespaces, which work without privileges on most Linux systems. Where they are switched off:
  Debian:  sysctl kernel.unprivileged_userns_clone=1
  Ubuntu:  sysctl kernel.apparmor_restrict_unprivileged_userns=0
  any:     sysctl user.max_user_namespaces=15000
In a container, start it with --privileged.`

// withoutPrivileges makes the caller root in a user namespace of its own.
func withoutPrivileges() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

func programInside(dir, parts string, attributes *syscall.SysProcAttr) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), sandboxEnv+"="+dir, partsEnv+"="+parts, "TMPDIR="+dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	attributes.Cloneflags |= syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	attributes.Setpgid = true // a terminal's Ctrl-C must not reach every part at once
	attributes.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr = attributes
	return cmd
}

// pass hands signals on. The second request to end is the last.
func pass(signals <-chan os.Signal, to *os.Process) {
	asked := false
	for s := range signals {
		if asked && (s == syscall.SIGINT || s == syscall.SIGTERM) {
			s = syscall.SIGKILL
		}
		asked = asked || s == syscall.SIGINT || s == syscall.SIGTERM
		_ = to.Signal(s) // it may have ended already
	}
}

// exitStatus turns the end of a process into the status that a shell would report.
func exitStatus(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
