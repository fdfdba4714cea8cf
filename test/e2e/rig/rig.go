// Package rig is promloop installed on a real node: control plane, node, images and the manifests of config/.
package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/node"
)

// apiServerPort is one that the operator's NetworkPolicy lets it reach.
const apiServerPort = "6443"

// Rig is a running cluster of one node.
type Rig struct {
	Cluster *cluster.Cluster
	Node    *node.Node
	Client  client.Client // an administrator's
}

// Start starts the cluster and its node. The program must have entered the sandbox by cluster.EnterAsRoot with Prepare. Stop what
// Start returned, also beside an error.
func Start(ctx context.Context) (*Rig, error) {
	c, err := cluster.Start(ctx, cluster.Options{APIServerPort: apiServerPort})
	if c == nil {
		return nil, err
	}
	ctrl.SetLogger(klog.Background()) // whose output the cluster keeps in a file
	r := &Rig{Cluster: c}
	if err != nil {
		return r, err
	}
	archives, err := filepath.Glob(filepath.Join(cluster.Dir(), imagesDir, "*.tar"))
	if err != nil {
		return r, err
	}
	if r.Node, err = node.Start(ctx, c, archives...); err != nil {
		return r, err
	}
	r.Client, err = client.New(c.Config(), client.Options{Scheme: stack.Scheme()})
	return r, err
}

// Stop ends everything that Start started.
func (r *Rig) Stop(ctx context.Context) error {
	if r == nil {
		return nil
	}
	return errors.Join(r.Node.Stop(ctx), r.Cluster.Stop())
}

// Install installs promloop with `make deploy`.
func (r *Rig) Install(ctx context.Context) error { return r.Make(ctx, "deploy") }

// ApplySamples applies config/samples.
func (r *Rig) ApplySamples(ctx context.Context) error {
	return r.Apply(ctx, filepath.Join(cluster.Dir(), samplesFile))
}

// Apply applies a file of manifests on the server's side.
func (r *Rig) Apply(ctx context.Context, file string) error {
	_, err := r.Cluster.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", file)
	return err
}

// Make runs targets of the Makefile against the node, as people do.
func (r *Rig) Make(ctx context.Context, targets ...string) error {
	kubectl := fmt.Sprintf("KUBECTL=%s --kubeconfig %s", r.Cluster.Program("kubectl"), r.Cluster.Kubeconfig())
	cmd := exec.CommandContext(ctx, "make", append([]string{"-C", Root(), kubectl}, targets...)...)
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "KUBECACHEDIR="+filepath.Join(r.Cluster.Dir(), "kube-cache"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make %s: %w\n%s", strings.Join(targets, " "), err, out)
	}
	return nil
}

// Pause stops a program of the control plane for a while, as if it were cut off, and lets it go on.
func (r *Rig) Pause(ctx context.Context, program string, d time.Duration) error {
	pid, err := processOf(program)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return errors.Join(ctx.Err(), syscall.Kill(pid, syscall.SIGCONT))
}

// processOf finds the one process of the sandbox that runs a program.
func processOf(program string) (int, error) {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		if path, err := os.Readlink(link); err == nil && filepath.Base(path) == program {
			return strconv.Atoi(filepath.Base(filepath.Dir(link)))
		}
	}
	return 0, fmt.Errorf("no process runs %s", program)
}

// Describe is what is worth reading when something failed: pods, events, and the last lines of every log.
func (r *Rig) Describe() string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var all strings.Builder
	for _, args := range [][]string{
		{"get", "pods", "-A", "-o", "wide"},
		{"get", "events", "-A", "--sort-by=.lastTimestamp"},
		{"get", "prometheuses", "-A", "-o", "yaml"},
		{"logs", "-n", "promloop-system", "-l", "app.kubernetes.io/name=promloop", "--tail=40", "--prefix"},
		{"logs", "-l", "app.kubernetes.io/name=prometheus", "--all-containers", "--tail=20", "--prefix"},
	} {
		out, err := r.Cluster.Kubectl(ctx, args...)
		fmt.Fprintf(&all, "--- kubectl %s\n%s", strings.Join(args, " "), out)
		if err != nil {
			fmt.Fprintln(&all, err)
		}
	}
	return all.String() + r.Cluster.Logs()
}
