package nodelet

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// namespace is one kind of Linux namespace: its name in /proc/<pid>/ns and its clone flag.
type namespace struct {
	name string
	flag int
}

var (
	netNS   = namespace{"net", unix.CLONE_NEWNET}
	utsNS   = namespace{"uts", unix.CLONE_NEWUTS}
	ipcNS   = namespace{"ipc", unix.CLONE_NEWIPC}
	pidNS   = namespace{"pid", unix.CLONE_NEWPID}
	mountNS = namespace{"mnt", unix.CLONE_NEWNS}
)

// within runs f on a thread that has joined namespaces of the process pid; processes started by f are born there. f must not
// start goroutines that need them.
func within(pid int, namespaces []namespace, f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread, of no use to others now, ends with the goroutine
		if err := join(pid, namespaces); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

func join(pid int, namespaces []namespace) error {
	files := make([]*os.File, 0, len(namespaces))
	defer func() {
		for _, file := range files {
			file.Close()
		}
	}()
	for _, ns := range namespaces { // open all before joining the first: /proc may be another's then
		file, err := os.Open(fmt.Sprintf("/proc/%d/ns/%s", pid, ns.name))
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	for i, ns := range namespaces {
		if ns == mountNS {
			// A root directory of its own is the condition for a thread to enter a mount namespace alone.
			if err := unix.Unshare(unix.CLONE_FS); err != nil {
				return fmt.Errorf("separating the thread's root: %w", err)
			}
		}
		if err := unix.Setns(int(files[i].Fd()), ns.flag); err != nil {
			return fmt.Errorf("joining the %s namespace of process %d: %w", ns.name, pid, err)
		}
	}
	return nil
}
