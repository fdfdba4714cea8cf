// Package shim holds the two roles in which a program re-executes itself to make a pod: pause, the process that holds a pod's
// namespaces, and container, which builds a container's root directory and becomes its process.
//
// The roles run from init, chosen by argv[0], before main and before the packages that sort behind this one: a container must
// not wait for the start-up of a test binary. Keep the imports few.
package shim

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const (
	pauseRole     = "promloop-pause"
	containerRole = "promloop-container"

	// File descriptors of the container role: its description comes in, its failure goes out.
	specFD   = 3
	reportFD = 4
)

func init() {
	switch os.Args[0] {
	case pauseRole:
		pause(os.Args[1])
	case containerRole:
		report := os.NewFile(reportFD, "report")
		syscall.CloseOnExec(reportFD) // a report that closes without a word means that exec succeeded
		fmt.Fprint(report, become())
		os.Exit(128)
	}
}

// Pause returns the command of the process that holds a pod's namespaces; hostname is what its containers see.
func Pause(hostname string) *exec.Cmd {
	return &exec.Cmd{Path: "/proc/self/exe", Args: []string{pauseRole, hostname}, Env: []string{}, Dir: "/"}
}

// Container returns the command that becomes a container, to be started in a mount namespace of its own, and a function to be
// called once after Start. It waits until the container's own program runs, or says why it does not.
func Container(c Spec) (*exec.Cmd, func() error, error) {
	spec, err := json.Marshal(c)
	if err != nil {
		return nil, nil, err
	}
	specIn, specOut, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	reportIn, reportOut, err := os.Pipe()
	if err != nil {
		specIn.Close()
		specOut.Close()
		return nil, nil, err
	}
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{containerRole}, Env: []string{}, Dir: "/",
		ExtraFiles: []*os.File{specIn, reportOut}}
	return cmd, func() error {
		specIn.Close()
		reportOut.Close()
		return handOver(spec, specOut, reportIn)
	}, nil
}
