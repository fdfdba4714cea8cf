package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/promloop/promloop/test/cluster"
)

// hidden are directories of the machine that the node's programs write to under fixed names. Each is an empty one in the sandbox.
var hidden = []string{"/run", "/var/lib", "/var/log"}

// settings are what Kubernetes expects of the network of a node.
var settings = map[string]string{
	"/proc/sys/net/ipv4/ip_forward":                 "1",
	"/proc/sys/net/bridge/bridge-nf-call-iptables":  "1",
	"/proc/sys/net/bridge/bridge-nf-call-ip6tables": "1",
}

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
	for path, value := range settings {
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			return fmt.Errorf("%w: the kernel lacks bridge netfilter?", err)
		}
	}
	programs := filepath.Join(cluster.Dir(), programs)
	if err := syscall.Sethostname([]byte(Name)); err != nil {
		return err
	}
	return os.Setenv("PATH", programs+":"+os.Getenv("PATH")+":/usr/sbin:/sbin")
}

// groupPrefix begins the name of the control group of a run, below the root of every hierarchy.
const groupPrefix = "/promloop-"

// cgroupParent is the control group of all containers of this run.
func cgroupParent() string { return groupPrefix + filepath.Base(cluster.Dir()) }

// groups lists the control groups at and below parent, which may be a pattern, children first: version 1 has a tree for each
// controller, version 2 one for all.
func groups(parent string) ([]string, error) {
	var all []string
	for _, pattern := range []string{"/sys/fs/cgroup/*" + parent, "/sys/fs/cgroup" + parent} {
		tops, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, top := range tops {
			err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
				if err == nil && entry.IsDir() {
					all = append(all, path)
				}
				return nil // what is gone already is as wanted
			})
			if err != nil {
				return nil, err
			}
		}
	}
	slices.Reverse(all)
	return all, nil
}

// endContainers kills what runs in the control groups of this run and removes them: they belong to no namespace, so they would
// outlive it.
func endContainers() error {
	all, err := groups(cgroupParent())
	if err != nil {
		return err
	}
	for _, group := range all {
		text, _ := os.ReadFile(filepath.Join(group, "cgroup.procs")) // may be gone
		for pid := range strings.FieldsSeq(string(text)) {
			if n, err := strconv.Atoi(pid); err == nil && n > 1 {
				_ = syscall.Kill(n, syscall.SIGKILL) // may have ended
			}
		}
	}
	for range 50 { // the kernel takes a moment to bury the dead
		if err = remove(all); err == nil {
			return nil
		}
		<-time.After(100 * time.Millisecond)
	}
	return err
}

// removeStaleGroups removes what earlier runs left that were killed. Groups in use can't be removed, and stay.
func removeStaleGroups() error {
	all, err := groups(groupPrefix + "*")
	_ = remove(all)
	return err
}

func remove(all []string) error {
	var errs []error
	for _, group := range all {
		if err := os.Remove(group); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
