package shim

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// pause sets the pod's host name and then does what the first process of a PID namespace must do: stay, and collect orphans.
func pause(hostname string) {
	if err := syscall.Sethostname([]byte(hostname)); err != nil {
		fmt.Fprintln(os.Stderr, "pause: setting the host name:", err)
		os.Exit(1)
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	for range ended {
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
