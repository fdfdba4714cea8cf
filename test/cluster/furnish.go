package cluster

import (
	"fmt"
	"net"
	"syscall"

	"github.com/vishvananda/netlink"

	"github.com/promloop/promloop/test/cluster/nodelet"
)

// furnish makes the empty namespaces habitable: mounts of its own, /proc for the new processes, loopback, the pods' network.
func furnish() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("separating the mounts: %w\n%s", err, namespaceAdvice)
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w\n%s", err, namespaceAdvice)
	}
	if err := linkUp("lo"); err != nil {
		return err
	}
	return makeBridge()
}

// makeBridge makes the network that the node (198.18.0.1) shares with its pods. It has no way out.
func makeBridge() error {
	bridge := &netlink.Bridge{LinkAttrs: netlink.NewLinkAttrs()}
	bridge.Name = nodelet.Bridge
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("making the pods' bridge: %w", err)
	}
	node := &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(nodelet.NodeIP), Mask: net.CIDRMask(24, 32)}}
	if err := netlink.AddrAdd(bridge, node); err != nil {
		return fmt.Errorf("giving the node its address: %w", err)
	}
	return linkUp(nodelet.Bridge)
}

func linkUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("finding %s: %w", name, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	return nil
}
