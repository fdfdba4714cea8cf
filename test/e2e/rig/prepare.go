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
	// Version is the tag in config/manager, and that of the images.
	Version = "v0.1.0"

	// PrometheusImage is the one on the node.
	PrometheusImage = "quay.io/prometheus/prometheus:v3.16.0"

	programsDir       = "bin"
	imagesDir         = "images"
	samplesFile       = "samples.yaml"
	prometheusUser    = "65534:65534"
	machineArch       = runtime.GOARCH
	unprivilegedGroup = "65535:65535"
)

// Prepare is the cluster.Prepare of a Rig: the programs of the node, the images, and the samples.
func Prepare(ctx context.Context, dir string) error {
	for _, step := range []cluster.Prepare{node.Prepare, buildPrograms, writeImages, renderSamples} {
		if err := step(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

// Root is the root of the source tree.
func Root() string {
	_, source, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(source), "..", "..", "..")
}

func buildPrograms(ctx context.Context, dir string) error {
	fmt.Fprintln(os.Stderr, "building the operator and its sidecars")
	bin := filepath.Join(dir, programsDir)
	for module, packages := range map[string]string{
		Root():                               ".",
		filepath.Join(Root(), "sidecars"):    "./cmd/...",
		filepath.Join(Root(), "test", "e2e"): "./cmd/pause",
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
	all := append(images.Shipped(bin, Version, machineArch),
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

// renderSamples runs kustomize on config/samples. The Makefile's kustomize is then built, which needs a network.
func renderSamples(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=hack/tools/go.mod", "kustomize", "build", "config/samples")
	cmd.Dir = Root()
	cmd.Stderr = os.Stderr
	manifests, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("rendering config/samples: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, samplesFile), manifests, 0o644)
}

// partsDir has a module for everything that is built for the node alone.
func partsDir() string { return filepath.Join(Root(), "test", "e2e", "parts") }

// prepareProgram builds one program and leaves it in a directory of the run.
func prepareProgram(ctx context.Context, dir, name string, part cluster.Part) error {
	built, err := cluster.Build(ctx, partsDir(), []cluster.Part{part}, os.Stderr)
	if err != nil {
		return err
	}
	return os.Symlink(built, filepath.Join(dir, name))
}
