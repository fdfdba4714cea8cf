package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func runMake(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "-C", filepath.Join("..", "..")}, args...)...)
	cmd.Env = append(os.Environ(), "MAKEFLAGS=") // not those of the make that runs this test
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// An operator of one's own with sidecars of another version, or of a registry that has none, would run no Prometheus.
func TestInstallerTakesImagesOfOnesOwn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ args, want []string }{
		"each by its name": {
			[]string{"IMG=mine.example:5000/a:1", "CONFIG_RELOADER_IMG=mine.example:5000/b@sha256:2", "RULES_RELOADER_IMG=mine.example:5000/c:3"},
			[]string{"image: mine.example:5000/a:1\n", "value: mine.example:5000/b@sha256:2\n", "value: mine.example:5000/c:3\n"},
		},
		"all of a version": {
			[]string{"VERSION=v9", "IMAGE_TAG_BASE=mine.example"},
			[]string{"image: mine.example/promloop:v9\n", "value: mine.example/config-reloader:v9\n", "value: mine.example/rules-reloader:v9\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dist := t.TempDir()
			runMake(t, append([]string{"build-installer", "DIST=" + dist}, tc.args...)...)
			installer, err := os.ReadFile(filepath.Join(dist, "install.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, image := range tc.want {
				if strings.Count(string(installer), image) != 1 {
					t.Errorf("want one %s", image)
				}
			}
			if strings.Contains(string(installer), ": quay.io/promloop/") {
				t.Error("an image of the release is left")
			}
		})
	}
}

func TestHelpListsEveryTarget(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	help := runMake(t, "help")
	for _, target := range regexp.MustCompile(`(?m)^\.PHONY: (\S+)$`).FindAllStringSubmatch(string(makefile), -1) {
		if !regexp.MustCompile(`(?m)^  ` + target[1] + ` +\w`).MatchString(help) {
			t.Errorf("%s is not in\n%s", target[1], help)
		}
	}
}
