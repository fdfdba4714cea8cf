package node

import (
	"context"
	"os"
	"path/filepath"
	"runtime"

	"github.com/promloop/promloop/test/cluster"
)

const (
	kubernetesVersion = "v1.37.2"
	containerdVersion = "v2.4.2"
	calicoVersion     = "v3.28.5"

	// programs is the name, in the directory of the run, of the directory with the node's programs.
	programs = "node"
	cniDir   = "/usr/lib/cni"

	// podNetwork has the addresses of pods.
	podNetwork = "198.18.1.0/24"
)

// The Kubernetes parts say v0.0.0 without their version. containerd's snapshotters that need C libraries are left out.
var (
	kubernetesFlags = []string{"-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion=" + kubernetesVersion}
	containerdFlags = []string{"-tags", "no_btrfs,no_zfs,no_devmapper",
		"-ldflags", "-s -w -X github.com/containerd/containerd/v2/version.Version=" + containerdVersion}
)

func parts() []cluster.Part {
	kubernetes := func(name, slow string) cluster.Part {
		return cluster.Part{Name: name, Module: "kubernetes", Package: "k8s.io/kubernetes/cmd/" + name,
			Version: kubernetesVersion, Flags: kubernetesFlags, Slow: slow}
	}
	containerd := func(name, slow string) cluster.Part {
		return cluster.Part{Name: name, Module: "containerd", Package: "github.com/containerd/containerd/v2/cmd/" + name,
			Version: containerdVersion, Flags: containerdFlags, Slow: slow}
	}
	calico := func(name, path, slow string) cluster.Part {
		return cluster.Part{Name: name, Module: "calico", Package: calicoModule + path, Version: calicoVersion,
			Flags: []string{"-ldflags", "-s -w"}, Slow: slow}
	}
	return []cluster.Part{
		containerd("containerd", "about 1 minute"),
		containerd("containerd-shim-runc-v2", ""),
		containerd("ctr", ""),
		kubernetes("kubelet", "about 2 minutes"),
		kubernetes("kube-scheduler", ""),
		kubernetes("kube-proxy", ""),
		calico("calico", "/cni-plugin/cmd/calico", "about 1 minute"),
		calico("calico-felix", "/felix/cmd/calico-felix", "about 2 minutes"),
	}
}

// Prepare is the cluster.Prepare of a node: it checks what only the machine can give, installs Debian's packages where they
// are missing, and builds the rest.
func Prepare(ctx context.Context, dir string) error {
	if err := Check(); err != nil {
		return err
	}
	if err := installPackages(ctx); err != nil {
		return err
	}
	if err := removeStaleGroups(); err != nil {
		return err
	}
	_, source, _, _ := runtime.Caller(0)
	modules := filepath.Join(filepath.Dir(source), "..", "parts")
	built, err := cluster.Build(ctx, modules, parts(), os.Stderr)
	if err != nil {
		return err
	}
	if err := os.Symlink(built, filepath.Join(dir, programs)); err != nil {
		return err
	}
	return prepareCalico(ctx, modules, dir)
}
