package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/promloop/promloop/test/cluster"
)

const rootModule = "github.com/promloop/promloop"

// checkout is the name, in the run's directory, of a link to the root of the source tree.
const checkout = "checkout"

// Build is the cluster.Prepare that every user of this package needs: it builds the operator and both sidecars from the source
// tree into dir, and leaves a link to that tree.
func Build(ctx context.Context, dir string) error {
	root, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "building the operator and its sidecars")
	if err := cluster.GoBuild(ctx, root, filepath.Join(dir, "bin"), "."); err != nil {
		return err
	}
	if err := cluster.GoBuild(ctx, filepath.Join(root, "sidecars"), filepath.Join(dir, "bin"), "./cmd/..."); err != nil {
		return err
	}
	return os.Symlink(root, filepath.Join(dir, checkout))
}

func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", rootModule).Output()
	if err != nil {
		return "", fmt.Errorf("finding the source tree of %s: %w", rootModule, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// binary is the path of a program that Build made.
func binary(name string) string { return filepath.Join(cluster.Dir(), "bin", name) }

// Source is the path of a file or directory of the source tree.
func Source(elements ...string) string {
	return filepath.Join(append([]string{cluster.Dir(), checkout}, elements...)...)
}
