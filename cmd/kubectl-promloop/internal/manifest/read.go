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
// The error says that a path can't be read; what is wrong with what stands there is a Problem.
func Read(paths []string, stdin io.Reader) (Set, []Problem, error) {
	set := Set{places: map[world.Object]document{}}
	var problems []Problem
	for _, path := range paths {
		documents, bad, err := readPath(path, stdin)
		if err != nil {
			return Set{}, nil, err
		}
		problems = append(problems, bad...)
		for _, d := range documents {
			problems = append(problems, set.add(d)...)
		}
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
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var node yaml.Node
		switch err := decoder.Decode(&node); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil && bytes.Contains(text, []byte("{{")):
			return out, []Problem{{File: file, Message: err.Error() + "; it looks like a template: run that first, and read what it makes"}}
		case err != nil:
			return out, []Problem{{File: file, Message: err.Error()}}
		}
		out = append(out, objectsIn(file, node.Content[0])...)
		if line := secondKind(node.Content[0]); line > 0 {
			return out, []Problem{{File: file, Line: line, Message: "another object begins here; a line --- is missing before it"}}
		}
	}
}

// secondKind is the line on which a mapping names its kind again, or 0.
func secondKind(node *yaml.Node) int {
	first := valueOf(node, "kind")
	for i := 0; first != nil && i+1 < len(node.Content); i += 2 {
		if key := node.Content[i]; key.Value == "kind" && node.Content[i+1] != first {
			return key.Line
		}
	}
	return 0
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

// Problem is something wrong with an input.
type Problem struct {
	File string
	// Line is 0 where the message tells it itself.
	Line int
	// Object is kind namespace/name, and empty where it is not known.
	Object  string
	Message string
}

func (p Problem) String() string {
	out := p.File
	if p.Line > 0 {
		out += fmt.Sprintf(":%d", p.Line)
	}
	if p.Object != "" {
		out += ": " + p.Object
	}
	return out + ": " + p.Message
}
