package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/promloop/promloop/test/cluster"
)

const (
	helmVersion = "v4.3.1"
	helmProgram = "helm"
	helmDir     = "helm"
)

// PrepareHelm builds Helm.
func PrepareHelm(ctx context.Context, dir string) error {
	return prepareProgram(ctx, dir, helmDir, cluster.Part{
		Name: helmProgram, Module: "helm", Package: "helm.sh/helm/v4/cmd/helm", Version: helmVersion, Slow: "about 1 minute",
	})
}

// Helm runs helm in the root of the source tree, where the charts are in charts/.
func (r *Rig) Helm(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(cluster.Dir(), helmDir, helmProgram), append(args, "--kubeconfig", r.Cluster.Kubeconfig())...)
	cmd.Dir = Root()
	cmd.Env = append(os.Environ(), "HOME="+r.Cluster.Dir()) // where helm keeps its caches
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("helm %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}
