package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/promloop/promloop/test/cluster"
)

// PauseImage holds a pod's namespaces. It is imported like every other image: there is no registry.
const PauseImage = "promloop.dev/pause:1"

const containerdSocket = "/run/containerd/containerd.sock"

// containerdConfig has the machine's own paths. The plugin opt would make a directory in /opt.
const containerdConfig = `version = 4
root = %q
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = %q

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [%q, %q]
  conf_dir = %q

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
`

func (n *Node) startContainerd(ctx context.Context) error {
	config := fmt.Sprintf(containerdConfig, filepath.Join(n.dir, "containerd"), PauseImage,
		cniDir, filepath.Join(cluster.Dir(), programs), filepath.Join(n.dir, "cni"))
	if err := n.write("containerd.toml", config); err != nil {
		return err
	}
	if err := n.writeCNIConfig(); err != nil {
		return err
	}
	var err error
	if n.containerd, err = n.run("containerd", "--config", filepath.Join(n.dir, "containerd.toml")); err != nil {
		return err
	}
	return poll(ctx, time.Minute, "containerd to answer", func() bool { return n.ctr(ctx, "version") == nil })
}

// importImages loads image archives. Pods then find them by name.
func (n *Node) importImages(ctx context.Context) error {
	for _, archive := range n.archives {
		if err := n.ctr(ctx, "images", "import", archive); err != nil {
			return err
		}
	}
	return nil
}

// ctr runs containerd's own client in the namespace that the kubelet uses.
func (n *Node) ctr(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "ctr", append([]string{"--address", containerdSocket, "--namespace", "k8s.io"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr %v: %w: %s", args, err, out)
	}
	return nil
}

func (n *Node) write(name, content string) error {
	path := filepath.Join(n.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}
