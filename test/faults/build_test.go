package faults

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

const sidecars = "../../sidecars"

var builds struct {
	sync.Mutex
	done map[string]*build
}

type build struct {
	once sync.Once
	dir  string
	err  error
}

// reloaders builds both binaries, with these edits, once per set of edits, and returns the directory they are in. Test builds
// can end or stop themselves at a step (the tag killpoints).
func reloaders(edits []edit) (string, error) {
	key := fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, edits)))[:12]
	builds.Lock()
	if builds.done == nil {
		builds.done = map[string]*build{}
	}
	b := builds.done[key]
	if b == nil {
		b = &build{dir: filepath.Join(work, "bin-"+key)}
		builds.done[key] = b
	}
	builds.Unlock()
	b.once.Do(func() { b.err = compile(b.dir, edits) })
	return b.dir, b.err
}

func compile(dir string, edits []edit) error {
	args := []string{"build", "-tags", "killpoints", "-ldflags", "-s -w", "-o", dir + "/"}
	if len(edits) > 0 {
		overlay, err := overlayFor(dir, edits)
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "./cmd/...")...)
	cmd.Dir = sidecars
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the reloaders without a guard: %w\n%s", err, out)
	}
	return nil
}

// overlayFor writes the edited copies and the file that tells the compiler to use them.
func overlayFor(dir string, edits []edit) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	texts := map[string]string{}
	for _, e := range edits {
		path, err := filepath.Abs(filepath.Join(sidecars, "internal", e.file))
		if err != nil {
			return "", err
		}
		if texts[path] == "" {
			source, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			texts[path] = string(source)
		}
		if strings.Count(texts[path], e.old) != 1 {
			return "", fmt.Errorf("%s: the guard to take out is there %d times, want once: %q", e.file, strings.Count(texts[path], e.old), e.old)
		}
		texts[path] = strings.Replace(texts[path], e.old, e.new, 1)
	}
	replace := map[string]string{}
	for path, text := range texts {
		copied := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(copied, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[path] = copied
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, data, 0o644)
}
