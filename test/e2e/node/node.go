package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/promloop/promloop/test/cluster"
)

// Name is the name of the node.
const Name = "node-1"

// Node is a running node.
type Node struct {
	cluster  *cluster.Cluster
	client   kubernetes.Interface
	dir      string
	archives []string
	serial   map[string]int // how often each program was started

	containerd, kubelet, scheduler, proxy, felix *cluster.Process
}

// Start starts a node of c that has the images of archives, and returns once it is Ready. The program must have entered the sandbox
// by cluster.EnterAsRoot with Prepare. Stop what Start returned, also when it returned an error and a Node.
func Start(ctx context.Context, c *cluster.Cluster, archives ...string) (*Node, error) {
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		return nil, err
	}
	if err := makeMachine(); err != nil {
		return nil, err
	}
	n := &Node{cluster: c, client: client, dir: filepath.Join(c.Dir(), "node"), archives: archives, serial: map[string]int{}}
	for _, step := range []func(context.Context) error{
		n.startContainerd, n.importImages, n.startScheduler, n.startProxy, n.startFelix, n.startKubelet,
	} {
		if err := step(ctx); err != nil {
			return n, fmt.Errorf("%w\n%s", err, c.Logs())
		}
	}
	return n, nil
}

// Stop ends the node and its containers.
func (n *Node) Stop(ctx context.Context) error {
	if n == nil {
		return nil
	}
	var errs []error
	for _, p := range []*cluster.Process{n.kubelet, n.felix, n.proxy, n.scheduler, n.containerd} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(append(errs, endContainers(ctx))...)
}

// run starts one of the node's programs; each start has a log of its own.
func (n *Node) run(name string, args ...string) (*cluster.Process, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%w: was the sandbox entered with node.Prepare?", err)
	}
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return nil, err
	}
	n.serial[name]++
	log := name
	if n.serial[name] > 1 {
		log = fmt.Sprintf("%s-%d", name, n.serial[name])
	}
	return n.cluster.Run(log, path, args...)
}

// poll waits until done, and says what it waited for when it was in vain.
func poll(ctx context.Context, timeout time.Duration, what string, done func() bool) error {
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, timeout, true, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}
