package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
)

// packages are Debian's, each with a program of it.
var packages = map[string]string{
	"runc": "runc", "containernetworking-plugins": cniDir + "/host-local", "nftables": "nft", "conntrack": "conntrack",
	"iptables": "iptables-nft-restore", "ipset": "ipset",
}

// Check says what this machine lacks to be a node, and how to get it; nil when it can be one.
func Check() error {
	if os.Geteuid() != 0 {
		return errors.New("a container runtime needs root: run this as root")
	}
	var errs []error
	isolated := exec.Command("true")
	isolated.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID}
	if err := isolated.Run(); err != nil {
		errs = append(errs, fmt.Errorf("no namespaces of its own: %w; in a container, start that with --privileged", err))
	}
	filesystems, err := os.ReadFile("/proc/filesystems")
	if err != nil || !strings.Contains(string(filesystems), "overlay") {
		errs = append(errs, errors.New("the kernel has no overlay file system, which containerd stores images in: modprobe overlay"))
	}
	if _, _, err := netlink.IpsetProtocol(); err != nil {
		errs = append(errs, fmt.Errorf("the kernel has no sets of addresses, which NetworkPolicies are made of: %w; modprobe ip_set xt_set", err))
	}
	if err := canMakeGroups(); err != nil {
		errs = append(errs, fmt.Errorf("control groups can't be made: %w", err))
	}
	if missing := missingPackages(); len(missing) > 0 && !hasAPT() {
		errs = append(errs, fmt.Errorf("missing programs, which Debian has in its packages %s", strings.Join(missing, " ")))
	}
	return errors.Join(errs...)
}

// canMakeGroups tries it where containerd would.
func canMakeGroups() error {
	dir := "/sys/fs/cgroup"
	if _, err := os.Stat(dir + "/pids"); err == nil {
		dir += "/pids" // version 1 has a tree for each controller
	}
	probe, err := os.MkdirTemp(dir, "promloop-")
	if err != nil {
		return err
	}
	return os.Remove(probe)
}

func missingPackages() []string {
	var missing []string
	for name, program := range packages {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

func hasAPT() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil
}

// installPackages installs what is missing, which only a machine without it notices.
func installPackages(ctx context.Context) error {
	missing := missingPackages()
	if len(missing) == 0 {
		return nil
	}
	fmt.Fprintln(os.Stderr, "installing Debian's packages", strings.Join(missing, " "))
	for _, args := range [][]string{{"update", "-q"}, append([]string{"install", "-q", "-y", "--no-install-recommends"}, missing...)} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}
