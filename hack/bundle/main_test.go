package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What is in the repository is what the tree says.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	for name, p := range products {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted, err := p.generate(root)
			if err != nil {
				t.Fatal(err)
			}
			for file, content := range wanted {
				present, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
				if err != nil || !bytes.Equal(present, content) {
					t.Errorf("%s differs from what config/ says: run make bundle helm-chart and commit", file)
				}
			}
			for _, dir := range p.dirs {
				present, err := list(root, dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, file := range present {
					if _, ok := wanted[file]; !ok {
						t.Errorf("%s is not generated: run make bundle helm-chart and commit", file)
					}
				}
			}
		})
	}
}

func TestWriteLeavesExactlyTheFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	first := map[string][]byte{"out/a/one": []byte("1"), "out/two": []byte("2")}
	second := map[string][]byte{"out/two": []byte("two"), "beside": []byte("3")}
	for _, files := range []map[string][]byte{first, second} {
		if err := write(root, []string{"out"}, files); err != nil {
			t.Fatal(err)
		}
	}
	got, err := list(root, "out")
	if err != nil || len(got) != 1 || got[0] != "out/two" {
		t.Errorf("stale files must go: out has %v, %v", got, err)
	}
	if content, err := os.ReadFile(filepath.Join(root, "out", "two")); err != nil || string(content) != "two" {
		t.Errorf("out/two is %q, %v", content, err)
	}
}
