package nodelet

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The pods' network: a bridge in the sandbox, in the range that is set aside for benchmarks (RFC 2544).
const (
	Bridge   = "pods"
	NodeIP   = "198.18.0.1"
	podNet   = "198.18.0."
	firstPod = 2
	lastPod  = 254
)

// addresses hands out pod addresses in turn, so that one is not reused soon: nobody mistakes a new pod for an old one.
type addresses struct {
	mu   sync.Mutex
	used map[int]bool
	last int
}

func (a *addresses) take() (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range lastPod - firstPod + 1 {
		a.last++
		if a.last < firstPod || a.last > lastPod {
			a.last = firstPod
		}
		if !a.used[a.last] {
			if a.used == nil {
				a.used = map[int]bool{}
			}
			a.used[a.last] = true
			return a.last, nil
		}
	}
	return 0, errors.New("every pod address of the node is in use")
}

func (a *addresses) giveBack(number int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.used, number)
}

func podIP(number int) string    { return podNet + strconv.Itoa(number) }
func linkName(number int) string { return "pod" + strconv.Itoa(number) }

// attach connects the network namespace of the process pid to the bridge.
func attach(pid, number int) error {
	bridge, err := netlink.LinkByName(Bridge)
	if err != nil {
		return fmt.Errorf("the pods' bridge: %w", err)
	}
	link := &netlink.Veth{LinkAttrs: netlink.NewLinkAttrs(), PeerName: "eth0", PeerNamespace: netlink.NsPid(pid)}
	link.Name, link.MasterIndex = linkName(number), bridge.Attrs().Index
	if err := netlink.LinkAdd(link); err != nil {
		return fmt.Errorf("making the pod's link: %w", err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	return within(pid, []namespace{netNS}, func() error { return configurePodNetwork(podIP(number)) })
}

// configurePodNetwork runs in the pod's network namespace.
func configurePodNetwork(ip string) error {
	for _, name := range []string{"lo", "eth0"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("the pod's %s: %w", name, err)
		}
		if name == "eth0" {
			address := &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(ip), Mask: net.CIDRMask(24, 32)}}
			if err := netlink.AddrAdd(link, address); err != nil {
				return fmt.Errorf("giving the pod its address: %w", err)
			}
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("starting the pod's %s: %w", name, err)
		}
	}
	return netlink.RouteAdd(&netlink.Route{Gw: net.ParseIP(NodeIP)})
}

// detach removes a pod's link, wherever its other end is.
func detach(number int) error {
	link, err := netlink.LinkByName(linkName(number))
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil // it went with the namespace
	}
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}

// blockRule makes every TCP answer from port vanish, except inside the pod: local addresses are looked up before.
func blockRule(port uint16) *netlink.Rule {
	rule := netlink.NewRule()
	rule.Priority = 1
	rule.Family = netlink.FAMILY_V4
	rule.IPProto = unix.IPPROTO_TCP
	rule.Sport = netlink.NewRulePortRange(port, port)
	rule.Type = unix.FR_ACT_BLACKHOLE
	return rule
}
