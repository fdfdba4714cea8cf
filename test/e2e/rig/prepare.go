package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/images"
	"github.com/promloop/promloop/test/e2e/node"
)

const (
	// version is the tag in config/manager, and that of the images.
	version = "v0.1.0"

	// PrometheusImage is the one on the node.
	PrometheusImage = "quay.io/prometheus/prometheus:v3.16.0"

	programsDir       = "bin"
	imagesDir         = "images"
	kindsFile         = "crds.yaml"
	installationFile  = "install.yaml"
	samplesFile       = "samples.yaml"
	prometheusUser    = "65534:65534"
	machineArch       = runtime.GOARCH
	unprivilegedGroup = "65535:65535"
)

// Prepare is the cluster.Prepare of a Rig: the programs of the node, the images, and the manifests as users apply them.
func Prepare(ctx context.Context, dir string) error {
	for _, step := range []cluster.Prepare{node.Prepare, buildPrograms, writeImages, renderManifests} {
		if err := step(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

// root is the root of the source tree.
func root() string {
	_, source, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(source), "..", "..", "..")
}

func buildPrograms(ctx context.Context, dir string) error {
	fmt.Fprintln(os.Stderr, "building the operator and its sidecars")
	bin := filepath.Join(dir, programsDir)
	for module, packages := range map[string]string{
		root():                               ".",
		filepath.Join(root(), "sidecars"):    "./cmd/...",
		filepath.Join(root(), "test", "e2e"): "./cmd/pause",
	} {
		if err := cluster.GoBuild(ctx, module, bin, packages); err != nil {
			return err
		}
	}
	return nil
}

// writeImages writes an archive for every image that a pod on the node may have.
func writeImages(ctx context.Context, dir string) error {
	parts, err := cluster.Parts(ctx, os.Stderr)
	if err != nil {
		return err
	}
	bin := filepath.Join(dir, programsDir)
	all := append(images.Shipped(bin, version, machineArch),
		images.Image{Name: node.PauseImage, Programs: []string{filepath.Join(bin, "pause")}, User: unprivilegedGroup, Architecture: machineArch},
		images.Image{Name: PrometheusImage, User: prometheusUser, Architecture: machineArch, Programs: []string{
			filepath.Join(parts, "prometheus"), filepath.Join(parts, "promtool"),
		}},
	)
	for _, image := range all {
		file := filepath.Join(dir, imagesDir, filepath.Base(image.Programs[0])+".tar")
		if err := image.Write(file); err != nil {
			return err
		}
	}
	return nil
}

// renderManifests runs kustomize as `make deploy` does.
func renderManifests(ctx context.Context, dir string) error {
	for file, source := range map[string]string{kindsFile: "crd", installationFile: "default", samplesFile: "samples"} {
		cmd := exec.CommandContext(ctx, "go", "tool", "kustomize", "build", filepath.Join(root(), "config", source))
		cmd.Dir = filepath.Join(root(), "hack", "tools")
		cmd.Stderr = os.Stderr
		manifests, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("rendering config/%s: %w", source, err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), manifests, 0o644); err != nil {
			return err
		}
	}
	return nil
}
