package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/vishvananda/netlink"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

const (
	calicoModule = "github.com/projectcalico/calico"
	// calicoKinds is the name, in the directory of the run, of the directory with the definitions of Calico's kinds.
	calicoKinds = "calico-kinds"
)

// cniConfig gives every pod a wire to the node and an address of its own. The node routes between pods, where Felix filters.
const cniConfig = `{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [{
    "type": "calico",
    "datastore_type": "kubernetes",
    "nodename": %q,
    "nodename_file_optional": true,
    "log_file_path": %q,
    "ipam": {"type": "host-local", "dataDir": %q, "ranges": [[{"subnet": %q}]]},
    "policy": {"type": "k8s"},
    "kubernetes": {"kubeconfig": %q}
  }]
}
`

// felixSettings are what differs from Felix' defaults: where objects and logs are, and nothing that calls home or that an IPv4
// network on one machine has no use for.
var felixSettings = []string{
	"FELIX_DATASTORETYPE=kubernetes", "FELIX_FELIXHOSTNAME=" + Name, "FELIX_DEFAULTENDPOINTTOHOSTACTION=ACCEPT",
	"FELIX_IPTABLESBACKEND=NFT", "FELIX_LOGFILEPATH=none", "FELIX_LOGSEVERITYSYS=none", "FELIX_LOGSEVERITYSCREEN=Warning",
	"FELIX_IPV6SUPPORT=false", "FELIX_USAGEREPORTINGENABLED=false", "FELIX_MTUIFACEPATTERN=" + nodelet.Bridge,
}

// clusterInformation is what Calico's programs wait for: it says that the kinds are there.
const clusterInformation = `apiVersion: crd.projectcalico.org/v1
kind: ClusterInformation
metadata: {name: default}
spec: {datastoreReady: true}
`

// prepareCalico leaves the definitions of Calico's kinds, which come with its source, in the directory of the run.
func prepareCalico(ctx context.Context, modules, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "-C", filepath.Join(modules, "calico"), "mod", "download", "-json", calicoModule)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("finding the source of Calico: %w: %s", err, out)
	}
	var source struct{ Dir string }
	if err := json.Unmarshal(out, &source); err != nil {
		return err
	}
	return os.Symlink(filepath.Join(source.Dir, "libcalico-go", "config", "crd"), filepath.Join(dir, calicoKinds))
}

// writeCNIConfig tells containerd how pods are connected.
func (n *Node) writeCNIConfig() error {
	return n.write("cni/10-pods.conflist", fmt.Sprintf(cniConfig,
		Name, filepath.Join(n.dir, "cni.log"), filepath.Join(n.dir, "addresses"), podNetwork, n.cluster.Kubeconfig()))
}

// routeGateway makes the node answer for the gateway that Calico gives every pod, as it does for what it has a route to.
func routeGateway() error {
	bridge, err := netlink.LinkByName(nodelet.Bridge)
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: bridge.Attrs().Index, Scope: netlink.SCOPE_LINK,
		Dst: &net.IPNet{IP: net.IPv4(169, 254, 1, 1), Mask: net.CIDRMask(32, 32)}})
}

// startFelix starts what enforces NetworkPolicies.
func (n *Node) startFelix(ctx context.Context) error {
	if err := routeGateway(); err != nil {
		return fmt.Errorf("a route for the pods' gateway: %w", err)
	}
	if err := n.write("calico.yaml", clusterInformation); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "--server-side", "-f", filepath.Join(cluster.Dir(), calicoKinds) + "/"},
		{"wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"},
		{"apply", "--server-side", "-f", filepath.Join(n.dir, "calico.yaml")},
	} {
		if _, err := n.cluster.Kubectl(ctx, args...); err != nil {
			return err
		}
	}
	felix, err := exec.LookPath("calico-felix")
	if err != nil {
		return err
	}
	n.felix, err = n.cluster.Run("calico-felix", "/usr/bin/env", append(felixSettings, "KUBECONFIG="+n.cluster.Kubeconfig(), felix)...)
	return err
}
