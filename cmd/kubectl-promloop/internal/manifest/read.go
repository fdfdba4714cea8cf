package manifest

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/promloop/promloop/internal/world"
)

// document is one object as YAML, and the file that it stands in.
type document struct {
	file   string
	node   *yaml.Node
	object map[string]any // as the API server gets it
}

// extensions of files that a directory is searched for.
var extensions = []string{".yaml", ".yml", ".json"}

// Read reads all objects below paths: files, directories, and "-" for stdin. Kinds that promloop has no use for are passed over.
// The error says that a path can't be read, or that nothing is there at all; what is wrong with what stands there is a Problem.
func Read(paths []string, stdin io.Reader) (Set, []Problem, error) {
	r := reader{stdin: stdin, seen: map[string]bool{}}
	for _, path := range paths {
		if err := r.read(path); err != nil {
			return Set{}, nil, err
		}
	}
	set, problems := Set{places: map[world.Object]document{}}, r.problems
	for _, d := range r.documents {
		problems = append(problems, set.add(d)...)
	}
	if len(r.documents)+len(problems) == 0 {
		return Set{}, nil, fmt.Errorf("nothing was found in %s", strings.Join(paths, ", "))
	}
	return set, problems, nil
}

// reader gathers what stands in files, in each of them once, by whatever paths it is reached.
type reader struct {
	stdin     io.Reader
	seen      map[string]bool // by their real paths
	documents []document
	problems  []Problem
}

func (r *reader) read(path string) error {
	if path == "-" {
		r.parse("stdin", r.stdin)
		return nil
	}
	files, err := filesBelow(path)
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := r.readFile(name); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readFile(name string) error {
	at, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	if at, err = filepath.Abs(at); err != nil || r.seen[at] {
		return err
	}
	r.seen[at] = true
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	r.parse(name, f)
	return f.Close()
}

func (r *reader) parse(name string, from io.Reader) {
	documents, problems := parse(name, from)
	r.documents, r.problems = append(r.documents, documents...), append(r.problems, problems...)
}

// filesBelow is the path itself when it is a file, whatever its name. The directories of a mounted ConfigMap, whose names begin
// with two dots, are passed over: links lead to what counts in them. So are kustomize's own files, which need not name a kind.
func filesBelow(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	root := path + string(filepath.Separator) // with which a link to a directory is that directory
	var files []string
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), ".."):
			return fs.SkipDir
		case strings.HasPrefix(entry.Name(), "kustomization."):
		case !entry.IsDir() && slices.Contains(extensions, filepath.Ext(name)):
			files = append(files, name)
		}
		return nil
	})
	return files, err
}
