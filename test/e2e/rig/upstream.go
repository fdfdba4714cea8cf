package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/images"
)

// Upstream is the operator that promloop is measured against, run beside it.
const (
	upstreamVersion = "v0.93.1"
	// UpstreamImage is that of its sidecars.
	UpstreamImage  = "quay.io/prometheus-operator/prometheus-config-reloader:" + upstreamVersion
	upstreamDir    = "upstream"
	upstreamModule = "github.com/prometheus-operator/prometheus-operator/cmd/"

	// UpstreamController is the value of the annotation operator.prometheus.io/controller-id of Prometheuses that are upstream's.
	UpstreamController = "upstream"
)

// PrepareUpstream builds upstream's operator and reloader.
func PrepareUpstream(ctx context.Context, dir string) error {
	var parts []cluster.Part
	for _, name := range []string{"operator", "prometheus-config-reloader"} {
		parts = append(parts, cluster.Part{Name: name, Module: "upstream", Package: upstreamModule + name, Version: upstreamVersion, Slow: "about 1 minute"})
	}
	built, err := cluster.Build(ctx, partsDir(), parts, os.Stderr)
	if err != nil {
		return err
	}
	image := images.Image{
		Name: UpstreamImage, Programs: []string{filepath.Join(built, "prometheus-config-reloader")}, User: prometheusUser, Architecture: machineArch,
	}
	if err := image.Write(filepath.Join(dir, imagesDir, "upstream.tar")); err != nil {
		return err
	}
	return os.Symlink(built, filepath.Join(dir, upstreamDir))
}

// StartUpstream starts upstream's operator as an administrator; name is that of its log.
func (r *Rig) StartUpstream(name string, flags ...string) (*cluster.Process, error) {
	config := r.Cluster.Config()
	files := map[string][]byte{"ca.crt": config.CAData, "admin.crt": config.CertData, "admin.key": config.KeyData}
	path := func(name string) string { return filepath.Join(r.Cluster.Dir(), "upstream-"+name) }
	var errs []error
	for name, content := range files {
		errs = append(errs, os.WriteFile(path(name), content, 0o600))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("giving upstream its credentials: %w", err)
	}
	return r.Cluster.Run(name, filepath.Join(cluster.Dir(), upstreamDir, "operator"), append([]string{
		"--apiserver=" + config.Host,
		"--ca-file=" + path("ca.crt"), "--cert-file=" + path("admin.crt"), "--key-file=" + path("admin.key"),
		"--prometheus-config-reloader=" + UpstreamImage,
		"--web.listen-address=127.0.0.1:8888",
	}, flags...)...)
}
