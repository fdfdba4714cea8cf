// Package rig is promloop installed on a real node: control plane, node, images and the manifests of config/.
package rig

import (
	"context"
	"errors"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/node"
)

// Rig is a running cluster of one node.
type Rig struct {
	Cluster *cluster.Cluster
	Node    *node.Node
	Client  client.Client // an administrator's
}

// Start starts the cluster and its node. The program must have entered the sandbox by cluster.EnterAsRoot with Prepare. Stop what
// Start returned, also beside an error.
func Start(ctx context.Context) (*Rig, error) {
	c, err := cluster.Start(ctx, cluster.Options{})
	if c == nil {
		return nil, err
	}
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
func (r *Rig) Stop() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.Node.Stop(), r.Cluster.Stop())
}

// Install applies config/default as `make deploy` does: the kinds first, since objects of them come with the rest.
func (r *Rig) Install(ctx context.Context) error {
	if err := r.Apply(ctx, kindsFile); err != nil {
		return err
	}
	if _, err := r.Cluster.Kubectl(ctx, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"); err != nil {
		return err
	}
	return r.Apply(ctx, installationFile)
}

// ApplySamples applies config/samples.
func (r *Rig) ApplySamples(ctx context.Context) error { return r.Apply(ctx, samplesFile) }

// Apply applies one of the files that Prepare made, on the server's side.
func (r *Rig) Apply(ctx context.Context, file string) error {
	_, err := r.Cluster.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", filepath.Join(cluster.Dir(), file))
	return err
}
