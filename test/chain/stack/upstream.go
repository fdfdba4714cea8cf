package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/promloop/promloop/test/cluster"
)

// Upstream's operator, beside which promloop runs and from which it takes Prometheuses over.
const (
	UpstreamVersion = "v0.93.1"
	// UpstreamDir is the name, in the directory of the run, of the directory with its operator and prometheus-config-reloader.
	UpstreamDir = "upstream"
	// UpstreamID is the value of the annotation operator.prometheus.io/controller-id of the Prometheuses that are upstream's.
	UpstreamID = "upstream"
)

// BuildUpstream is a cluster.Prepare that builds upstream's programs.
func BuildUpstream(ctx context.Context, dir string) error {
	root, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	var parts []cluster.Part
	for _, name := range []string{"operator", "prometheus-config-reloader"} {
		parts = append(parts, cluster.Part{Name: name, Module: "upstream", Version: UpstreamVersion, Slow: "about 1 minute",
			Package: "github.com/prometheus-operator/prometheus-operator/cmd/" + name})
	}
	built, err := cluster.Build(ctx, filepath.Join(root, "test", "e2e", "parts"), parts, os.Stderr)
	if err != nil {
		return err
	}
	return os.Symlink(built, filepath.Join(dir, UpstreamDir))
}

// RunUpstream starts upstream's operator as an administrator of c. The name is that of its log; the flags say what it manages. The
// caller stops it.
func RunUpstream(c *cluster.Cluster, name string, flags ...string) (*cluster.Process, error) {
	config := c.Config()
	path := func(name string) string { return filepath.Join(c.Dir(), "upstream-"+name) }
	var errs []error
	for name, content := range map[string][]byte{"ca.crt": config.CAData, "admin.crt": config.CertData, "admin.key": config.KeyData} {
		errs = append(errs, os.WriteFile(path(name), content, 0o600))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("giving upstream its credentials: %w", err)
	}
	return c.Run(name, filepath.Join(cluster.Dir(), UpstreamDir, "operator"), append([]string{
		"--apiserver=" + config.Host, "--ca-file=" + path("ca.crt"), "--cert-file=" + path("admin.crt"), "--key-file=" + path("admin.key"),
		"--web.listen-address=127.0.0.1:0",
	}, flags...)...)
}
