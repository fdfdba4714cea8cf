package nodelet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"k8s.io/apimachinery/pkg/types"
)

// Pod names a pod of the node as "namespace/name". Of pods that follow each other under one name, the newest is meant.
type Pod = types.NamespacedName

// Hold stops the kubelet: no pod is synced or ended, no container started, no volume brought up to date, until Release. What
// runs goes on, and so do probes and the node's lease.
func (n *Node) Hold() {
	n.held.Store(true)
	n.volumes.set(func(v *volumes) { v.stopped = true })
}

// Release ends a Hold.
func (n *Node) Release() {
	n.held.Store(false)
	n.volumes.set(func(v *volumes) { v.stopped = false })
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.workers {
		w.post(w.endIfDeleted) // and the turn of its loop finds whatever else is due
	}
}

// DropRemounts loses, while on, every request to bring a volume up to date, as a kubelet loses those that come while the volume
// is being written. First mounts are not affected.
func (n *Node) DropRemounts(on bool) {
	n.volumes.set(func(v *volumes) { v.drop = on })
}

// LagPods delays what the node learns of its pods. It takes effect with the next event.
func (n *Node) LagPods(by time.Duration) { n.lags.pods.Store(int64(by)) }

// LagSecrets delays what the node learns of Secrets.
func (n *Node) LagSecrets(by time.Duration) { n.lags.secrets.Store(int64(by)) }

// LagConfigMaps delays what the node learns of ConfigMaps.
func (n *Node) LagConfigMaps(by time.Duration) { n.lags.configMaps.Store(int64(by)) }

// EmptyVolume takes a volume down under running containers, as a kubelet does when it fails to rewrite one
// (kubernetes issue 113242). The next remount fills a new directory, which those containers never see.
func (n *Node) EmptyVolume(pod Pod, volume string) error {
	dir, err := n.VolumeDir(pod, volume)
	if err != nil {
		return err
	}
	// A kubelet would leave a directory in memory to those who have it mounted, cut off from changes: empty is the harder case.
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return (&emptyDir{}).TearDownAt(dir)
}

// VolumeDir is where a pod's volume lies on the node.
func (n *Node) VolumeDir(pod Pod, volume string) (dir string, err error) {
	err = n.inspect(pod, func(w *worker) error {
		dir, _, err = n.volumes.path(w.pod, volume)
		return err
	})
	return dir, err
}

// KillContainer sends a signal to a container's process.
func (n *Node) KillContainer(pod Pod, name string, signal syscall.Signal) error {
	return n.inspect(pod, func(w *worker) error {
		c, err := w.container(name)
		if err != nil {
			return err
		}
		return c.instance.cmd.Process.Signal(signal)
	})
}

// PID returns a container's process id, for what a test wants to know of the process itself.
func (n *Node) PID(pod Pod, name string) (pid int, err error) {
	err = n.inspect(pod, func(w *worker) error {
		c, err := w.container(name)
		if err == nil {
			pid = c.instance.cmd.Process.Pid
		}
		return err
	})
	return pid, err
}

// RestartCount returns how often a container has been restarted.
func (n *Node) RestartCount(pod Pod, name string) (count int, err error) {
	err = n.inspect(pod, func(w *worker) error {
		c, err := w.container(name)
		if err == nil {
			count = c.restarts
		}
		return err
	})
	return count, err
}

// BlockPort makes a TCP port of a pod unreachable from outside the pod, as a network policy does, until unblock is called.
func (n *Node) BlockPort(pod Pod, port uint16) (unblock func() error, err error) {
	var pid int
	err = n.inspect(pod, func(w *worker) error {
		if w.sandbox == nil || w.sandbox.number == 0 {
			return errors.New("the pod has no network of its own")
		}
		pid = w.sandbox.pause.Process.Pid
		return nil
	})
	if err != nil {
		return nil, err
	}
	change := func(f func(*netlink.Rule) error) error {
		return within(pid, []namespace{netNS}, func() error { return f(blockRule(port)) })
	}
	return func() error { return change(netlink.RuleDel) }, change(netlink.RuleAdd)
}

// Pods lists the pods that the node runs.
func (n *Node) Pods() []Pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	var pods []Pod
	for _, w := range n.workers {
		pods = append(pods, w.name)
	}
	slices.SortFunc(pods, func(a, b Pod) int { return strings.Compare(a.String(), b.String()) })
	return pods
}

// inspect has f look at a pod's worker, in its own goroutine.
func (n *Node) inspect(pod Pod, f func(*worker) error) error {
	n.mu.Lock()
	var found *worker
	for _, w := range n.workers {
		if w.name == pod && (found == nil || w.number > found.number) {
			found = w
		}
	}
	n.mu.Unlock()
	if found == nil {
		return fmt.Errorf("the node runs no pod %s", pod)
	}
	result := make(chan error, 1)
	found.post(func() { result <- f(found) })
	select {
	case err := <-result:
		return err
	case <-found.gone:
		return fmt.Errorf("pod %s has ended", pod)
	}
}
