package rig

import (
	"context"
	"path/filepath"

	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/images"
)

// UpstreamImage is that of the sidecars of upstream's operator, which promloop is measured against, run beside it.
const UpstreamImage = "quay.io/prometheus-operator/prometheus-config-reloader:" + stack.UpstreamVersion

// PrepareUpstream builds upstream's operator, and the image of its sidecars.
func PrepareUpstream(ctx context.Context, dir string) error {
	if err := stack.BuildUpstream(ctx, dir); err != nil {
		return err
	}
	return images.Image{
		Name: UpstreamImage, Programs: []string{filepath.Join(dir, stack.UpstreamDir, "prometheus-config-reloader")},
		User: prometheusUser, Architecture: machineArch,
	}.Write(filepath.Join(dir, imagesDir, "upstream.tar"))
}

// StartUpstream starts upstream's operator; name is that of its log.
func (r *Rig) StartUpstream(name string, flags ...string) (*cluster.Process, error) {
	return stack.RunUpstream(r.Cluster, name, append([]string{"--prometheus-config-reloader=" + UpstreamImage}, flags...)...)
}
