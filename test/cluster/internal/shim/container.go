package shim

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Spec describes a container to the container role.
type Spec struct {
	// Root is an existing directory on the node. What the container writes beside its mounts is in memory and ends with it.
	Root string
	// ReadOnly makes everything but the mounts read-only.
	ReadOnly bool
	// Mounts are made in this order, so a path may lie below an earlier one.
	Mounts []Mount
	// Dirs are empty directories of the image.
	Dirs []string
	// Args is the command line; Args[0] is looked up in PATH of Env, inside Root.
	Args []string
	Env  []string
	// Dir is the working directory, "" for /.
	Dir string
	// DropCapabilities takes every privilege from the process: permission bits then hold for it.
	DropCapabilities bool
}

// Mount shows Source, a file or directory of the node, at Target inside the container.
type Mount struct {
	Source, Target string
	ReadOnly       bool
}

// become builds the container's root and executes its program. It only returns what went wrong.
func become() error {
	var c Spec
	if err := json.NewDecoder(os.NewFile(specFD, "spec")).Decode(&c); err != nil {
		return fmt.Errorf("reading the container's description: %w", err)
	}
	steps := []func(Spec) error{makeRoot, mountAll, mountSystem, enterRoot, dropCapabilities}
	for _, step := range steps {
		if err := step(c); err != nil {
			return err
		}
	}
	return execute(c)
}

func makeRoot(c Spec) error {
	if err := unix.Mount("container", c.Root, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mounting the root of the container: %w", err)
	}
	for _, dir := range append([]string{"proc", "dev", "tmp"}, c.Dirs...) {
		if err := os.MkdirAll(filepath.Join(c.Root, dir), 0o755); err != nil {
			return err
		}
	}
	return os.Chmod(filepath.Join(c.Root, "tmp"), 0o1777)
}

func mountAll(c Spec) error {
	for _, m := range c.Mounts {
		if err := bind(c.Root, m); err != nil {
			return fmt.Errorf("mounting %s: %w", m.Target, err)
		}
	}
	return nil
}

// bind shows m.Source below root. The way to the target must not lead through a link: it could point out of root.
func bind(root string, m Mount) error {
	target := filepath.Join(root, filepath.Clean("/"+m.Target))
	if err := makeTarget(m.Source, target); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(target)
	if err != nil {
		return err
	}
	if real != target && !strings.HasPrefix(real, root+"/") {
		return fmt.Errorf("the path leads out of the container")
	}
	if err := unix.Mount(m.Source, real, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("binding %s: %w", m.Source, err)
	}
	if !m.ReadOnly {
		return nil
	}
	return remountReadOnly(real)
}

// makeTarget makes the mount point: a directory for a directory, an empty file for anything else.
func makeTarget(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

// remountReadOnly keeps the flags that the mount has: inside a user namespace those of the machine can't be taken off.
func remountReadOnly(target string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(target, &fs); err != nil {
		return err
	}
	const kept = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME
	flags := uintptr(fs.Flags)&kept | unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY
	return unix.Mount("", target, "", flags, "")
}

// mountSystem adds /proc and the few devices that every container runtime gives.
func mountSystem(c Spec) error {
	if err := unix.Mount("proc", filepath.Join(c.Root, "proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, device := range []string{"null", "zero", "full", "random", "urandom"} {
		path := "/dev/" + device
		if err := bind(c.Root, Mount{Source: path, Target: path}); err != nil {
			return fmt.Errorf("mounting %s: %w", path, err)
		}
	}
	return nil
}

// enterRoot makes c.Root the only file system that the process can see.
func enterRoot(c Spec) error {
	if c.ReadOnly {
		if err := unix.Mount("", c.Root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("making the root read-only: %w", err)
		}
	}
	if err := unix.Chdir(c.Root); err != nil {
		return err
	}
	// Stacking the old root onto the new one needs no directory to put it (pivot_root(2), notes).
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("entering the root of the container: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the node's file system: %w", err)
	}
	if err := unix.Chdir("/" + c.Dir); err != nil {
		return fmt.Errorf("working directory %s: %w", c.Dir, err)
	}
	return nil
}

func dropCapabilities(c Spec) error {
	if !c.DropCapabilities {
		return nil
	}
	for capability := uintptr(0); ; capability++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if err == unix.EINVAL { // past the last one
			return nil
		}
		if err != nil {
			return fmt.Errorf("dropping capability %d: %w", capability, err)
		}
	}
}

func execute(c Spec) error {
	os.Clearenv()
	for _, variable := range c.Env {
		name, value, _ := strings.Cut(variable, "=")
		os.Setenv(name, value)
	}
	path, err := exec.LookPath(c.Args[0])
	if err != nil {
		return err
	}
	return fmt.Errorf("executing %s: %w", path, unix.Exec(path, c.Args, c.Env))
}
