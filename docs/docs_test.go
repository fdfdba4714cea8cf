// Package docs_test holds the documentation to what is there: the files it names, the pages it links, the tests it cites.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = ".."

var (
	link     = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	path     = regexp.MustCompile("`((?:api|cmd|controllers|docs|hack|internal|sidecars|test|webhooks)/[\\w./-]*|main\\.go|flags\\.go)`")
	test     = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
)

func TestPagesNameOnlyWhatIsThere(t *testing.T) {
	tests := declaredTests(t)
	for _, page := range files(t, ".md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(m[1], "://") && !exists(filepath.Join(filepath.Dir(page), m[1])) {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
		for _, m := range path.FindAllStringSubmatch(string(text), -1) {
			if !exists(filepath.Join(root, m[1])) && !exists(filepath.Join(filepath.Dir(page), m[1])) {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
		for _, m := range test.FindAllStringSubmatch(string(text), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, and no such test is declared", page, m[1])
			}
		}
	}
}

func declaredTests(t *testing.T) map[string]bool {
	tests := map[string]bool{}
	for _, file := range files(t, "_test.go") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = true
		}
	}
	return tests
}

// files lists the files of the checkout whose name ends so, but for what is built.
func files(t *testing.T, suffix string) []string {
	var found []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, suffix) {
			found = append(found, name)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("listing *%s: %d files, %v", suffix, len(found), err)
	}
	return found
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
