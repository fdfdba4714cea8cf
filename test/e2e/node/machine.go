package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/promloop/promloop/test/cluster"
)

// hidden are directories of the machine that the node's programs write to under fixed names. Each is an empty one in the sandbox.
var hidden = []string{"/run", "/var/lib", "/var/log"}

// makeMachine makes the sandbox a machine that a node can run on.
func makeMachine() error {
	for _, dir := range hidden {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("hiding %s: %w", dir, err)
		}
	}
	// Volumes are mounted by the kubelet and must be seen by the containers, so mounts are shared from here on.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing mounts: %w", err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil { // between pods
		return err
	}
	programs := filepath.Join(cluster.Dir(), programs)
	if err := syscall.Sethostname([]byte(Name)); err != nil {
		return err
	}
	return os.Setenv("PATH", programs+":"+os.Getenv("PATH")+":/usr/sbin:/sbin")
}

// The control groups of containers have no namespace of their own: they are where containerd puts them on every machine, one
// directory a container, in each tree of version 1 and in the one of version 2.
var groupDirs = []string{"/sys/fs/cgroup/*/k8s.io", "/sys/fs/cgroup/k8s.io"}

// tasks has a directory for every container of the run.
const tasks = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"

// groupsOf lists the control groups of containers, whose names may be a pattern.
func groupsOf(containers ...string) ([]string, error) {
	var all []string
	for _, dir := range groupDirs {
		for _, container := range containers {
			found, err := filepath.Glob(filepath.Join(dir, container))
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// endContainers kills what runs in the containers of this run and removes their control groups, which would outlive it.
func endContainers(ctx context.Context) error {
	entries, err := os.ReadDir(tasks)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // there never was a container
	}
	if err != nil {
		return err
	}
	var containers []string
	for _, entry := range entries {
		containers = append(containers, entry.Name())
	}
	groups, err := groupsOf(containers...)
	if err != nil {
		return err
	}
	for _, group := range groups {
		kill(group)
	}
	err = poll(ctx, 10*time.Second, "the containers to end", func() bool { return remove(groups) == nil })
	removeEmptyDirs()
	return err
}

// removeEmptyDirs removes what held the control groups of containers, where nothing else is in it.
func removeEmptyDirs() {
	for _, dir := range groupDirs {
		if found, err := filepath.Glob(dir); err == nil {
			_ = remove(found)
		}
	}
}

// kill ends the processes of a control group.
func kill(group string) {
	for _, pid := range processesIn(group) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
}

// processesOf lists the processes of a container by the ID in its pod's status.
func processesOf(containerID string) ([]int, error) {
	_, id, _ := strings.Cut(containerID, "://")
	groups, err := groupsOf(id)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("container %s has no control group", containerID)
	}
	return processesIn(groups[0]), nil
}

// processesIn lists the processes of a control group, by the numbers of our process namespace.
func processesIn(group string) []int {
	text, _ := os.ReadFile(filepath.Join(group, "cgroup.procs")) // the group may be gone
	var out []int
	for number := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(number); err == nil && pid > 1 {
			out = append(out, pid)
		}
	}
	return out
}

// removeStaleGroups removes the groups of a run that was killed. It leaves a machine alone that has a containerd of its own.
func removeStaleGroups() error {
	if _, err := os.Stat(containerdSocket); err == nil {
		return nil
	}
	groups, err := groupsOf("*")
	_ = remove(groups) // one that is in use stays
	removeEmptyDirs()
	return err
}

func remove(groups []string) error {
	var errs []error
	for _, group := range groups {
		if err := os.Remove(group); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
