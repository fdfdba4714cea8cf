// Command bundle makes what people install out of the kustomize tree under config/.
//
//	go run . olm      writes bundle/ and bundle.Dockerfile, for the Operator Lifecycle Manager, and validates them
//	go run . chart    writes charts/, for Helm
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/promloop/promloop/hack/bundle/internal/chart"
	"github.com/promloop/promloop/hack/bundle/internal/olm"
	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// product is one thing to generate.
type product struct {
	generate func(root string) (map[string][]byte, error)
	dirs     []string // whatever stands there and is not generated is removed
	validate func(root string) error
}

var products = map[string]product{
	"olm": {generate: bundle, dirs: []string{"bundle"}, validate: func(root string) error {
		return olm.Validate(filepath.Join(root, "bundle"))
	}},
	"chart": {generate: charts, dirs: []string{"charts"}, validate: func(string) error { return nil }},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 || products[args[0]].generate == nil {
		return fmt.Errorf("usage: bundle olm|chart, in hack/bundle of a checkout")
	}
	root := filepath.Join("..", "..")
	p := products[args[0]]
	files, err := p.generate(root)
	if err != nil {
		return err
	}
	if err := write(root, p.dirs, files); err != nil {
		return err
	}
	return p.validate(root)
}

func bundle(root string) (map[string][]byte, error) {
	in, err := olm.Read(root)
	if err != nil {
		return nil, err
	}
	return olm.Generate(in)
}

func charts(root string) (map[string][]byte, error) {
	objects, err := tree.Build(filepath.Join(root, "config", "default"))
	if err != nil {
		return nil, err
	}
	withCertManager, err := tree.Build(filepath.Join(root, "config", "overlays", "cert-manager"))
	if err != nil {
		return nil, err
	}
	return chart.Generate(objects, withCertManager)
}

// write brings the directories to exactly these files, whose paths are relative to root.
func write(root string, dirs []string, files map[string][]byte) error {
	for _, dir := range dirs {
		present, err := list(root, dir)
		if err != nil {
			return err
		}
		for _, name := range present {
			if _, wanted := files[name]; !wanted {
				if err := os.Remove(filepath.Join(root, name)); err != nil {
					return err
				}
			}
		}
	}
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// list names the files under a directory, relative to root, with slashes. A directory that is not there has none.
func list(root, dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && !entry.IsDir() {
			names = append(names, filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator))))
		}
		return err
	})
	return names, err
}
