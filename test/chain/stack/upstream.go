package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/promloop/promloop/test/cluster"
)

// Upstream's operator, of which promloop takes Prometheuses over.
const (
	upstreamVersion = "v0.93.1"
	upstreamDir     = "upstream"

	// UpstreamID is the value of the annotation operator.prometheus.io/controller-id of the Prometheuses that are upstream's.
	UpstreamID = "upstream"
)

// BuildUpstream is a cluster.Prepare that builds upstream's operator.
func BuildUpstream(ctx context.Context, dir string) error {
	root, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	built, err := cluster.Build(ctx, filepath.Join(root, "test", "e2e", "parts"), []cluster.Part{{
		Name: "operator", Module: "upstream", Package: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
		Version: upstreamVersion, Slow: "about 1 minute",
	}}, os.Stderr)
	if err != nil {
		return err
	}
	return os.Symlink(built, filepath.Join(dir, upstreamDir))
}

// StartUpstream starts upstream's operator as an administrator, with flags that say what it manages. The caller stops it.
func (s *Stack) StartUpstream(scope ...string) (*cluster.Process, error) {
	config := s.Cluster.Config()
	path := func(name string) string { return filepath.Join(s.Cluster.Dir(), "upstream-"+name) }
	var errs []error
	for name, content := range map[string][]byte{"ca.crt": config.CAData, "admin.crt": config.CertData, "admin.key": config.KeyData} {
		errs = append(errs, os.WriteFile(path(name), content, 0o600))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("giving upstream its credentials: %w", err)
	}
	arguments := append([]string{
		"--apiserver=" + config.Host, "--ca-file=" + path("ca.crt"), "--cert-file=" + path("admin.crt"), "--key-file=" + path("admin.key"),
		"--web.listen-address=127.0.0.1:0",
	}, scope...)
	return s.Cluster.Run("upstream", filepath.Join(cluster.Dir(), upstreamDir, "operator"), arguments...)
}
