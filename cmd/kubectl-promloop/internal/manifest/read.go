package manifest

import (
	"bytes"
	"errors"
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
	file string
	node *yaml.Node
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

// parse takes a stream apart. What follows a mistake of YAML can't be read any more.
func parse(file string, r io.Reader) ([]document, []Problem) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, []Problem{{File: file, Message: err.Error()}}
	}
	var out []document
	var problems []Problem
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var node yaml.Node
		switch err := decoder.Decode(&node); {
		case errors.Is(err, io.EOF):
			return out, problems
		case err != nil:
			return out, append(problems, unreadable(file, text, err))
		}
		if second := secondObject(node.Content[0]); second != nil {
			problems = append(problems, Problem{File: file, Line: second.Line, Message: "another object begins here; a line --- is missing before it"})
		}
		out = append(out, objectsIn(file, node.Content[0])...)
	}
}

// secondObject is the key with which a second object begins in a mapping that names its kind twice. It cuts the mapping there.
func secondObject(node *yaml.Node) *yaml.Node {
	seen, second := map[string]bool{}, -1
	for i := 0; node.Kind == yaml.MappingNode && i < len(node.Content); i += 2 {
		key := node.Content[i]
		if second < 0 && seen[key.Value] {
			second = i
		}
		if key.Value == "kind" && seen["kind"] {
			begins := node.Content[second]
			node.Content = node.Content[:second]
			return begins
		}
		seen[key.Value] = true
	}
	return nil
}

// objectsIn takes lists apart, as kubectl get prints them.
func objectsIn(file string, node *yaml.Node) []document {
	items := valueOf(node, "items")
	if items == nil || items.Kind != yaml.SequenceNode {
		return []document{{file: file, node: node}}
	}
	var out []document
	for _, item := range items.Content {
		out = append(out, objectsIn(file, item)...)
	}
	return out
}

// valueOf is the value under a key of a mapping, or nil.
func valueOf(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}
