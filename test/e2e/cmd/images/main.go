// Command images writes loadable archives of the operator and its sidecars, for every architecture, without a container engine:
//
//	images --version v0.1.0 --out dist/images
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/promloop/promloop/test/e2e/images"
)

func main() {
	version := flag.String("version", "v0.1.0", "tag of the images, which the programs report as theirs")
	out := flag.String("out", "dist/images", "directory for the archives")
	root := flag.String("root", "../..", "root of the source tree")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	for _, architecture := range []string{"amd64", "arm64"} {
		if err := write(ctx, *root, *version, architecture, *out); err != nil {
			fmt.Fprintln(os.Stderr, "images:", err)
			os.Exit(1)
		}
	}
}

func write(ctx context.Context, root, version, architecture, out string) error {
	bin, err := os.MkdirTemp("", "promloop-images-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	for module, packages := range map[string]string{root: ".", filepath.Join(root, "sidecars"): "./cmd/..."} {
		if err := build(ctx, module, version, architecture, bin, packages); err != nil {
			return err
		}
	}
	for _, image := range images.Shipped(bin, version, architecture) {
		file := filepath.Join(out, filepath.Base(image.Programs[0])+"-"+version+"-"+architecture+".tar")
		if err := image.Write(file); err != nil {
			return err
		}
		fmt.Println(file)
	}
	return nil
}

func build(ctx context.Context, module, version, architecture, bin, packages string) error {
	cmd := exec.CommandContext(ctx, "go", "-C", module, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version="+version, "-o", bin+"/", packages)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
