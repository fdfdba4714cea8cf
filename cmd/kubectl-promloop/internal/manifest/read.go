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
	set := Set{places: map[world.Object]document{}}
	var problems []Problem
	found := false
	for _, path := range paths {
		documents, bad, err := readPath(path, stdin)
		if err != nil {
			return Set{}, nil, err
		}
		found = found || len(documents)+len(bad) > 0
		problems = append(problems, bad...)
		for _, d := range documents {
			problems = append(problems, set.add(d)...)
		}
	}
	if !found {
		return Set{}, nil, fmt.Errorf("nothing was found in %s", strings.Join(paths, ", "))
	}
	return set, problems, nil
}

func readPath(path string, stdin io.Reader) ([]document, []Problem, error) {
	if path == "-" {
		documents, problems := parse("stdin", stdin)
		return documents, problems, nil
	}
	files, err := filesBelow(path)
	if err != nil {
		return nil, nil, err
	}
	var documents []document
	var problems []Problem
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, err
		}
		more, bad := parse(name, f)
		if err := f.Close(); err != nil {
			return nil, nil, err
		}
		documents, problems = append(documents, more...), append(problems, bad...)
	}
	return documents, problems, nil
}

// filesBelow is the path itself when it is a file, whatever its name.
func filesBelow(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains(extensions, filepath.Ext(name)) {
			files = append(files, name)
		}
		return err
	})
	return files, err
}
