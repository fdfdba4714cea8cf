package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	yaml "go.yaml.in/yaml/v3"
)

// parse takes a stream apart. What follows a mistake of YAML can't be read any more.
func parse(file string, r io.Reader) ([]document, []Problem) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, []Problem{{File: file, Message: err.Error()}}
	}
	if roots, err := parseJSON(text); err == nil {
		return documentsIn(file, roots)
	}
	roots, err := parseYAML(text)
	documents, problems := documentsIn(file, roots)
	if err != nil {
		problems = append(problems, unreadable(file, text, err))
	}
	return documents, problems
}

func parseYAML(text []byte) (roots []*yaml.Node, err error) {
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var node yaml.Node
		switch err := decoder.Decode(&node); {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			return roots, err
		}
		roots = append(roots, node.Content[0])
	}
}

var errNotJSON = errors.New("a JSON object begins with {")

// parseJSON reads objects of JSON that follow each other. YAML's reader knows neither such a stream nor JSON's surrogate pairs.
func parseJSON(text []byte) (roots []*yaml.Node, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return nil, errNotJSON
	}
	r := jsonReader{text: text, Decoder: json.NewDecoder(bytes.NewReader(text)), line: 1}
	r.UseNumber()
	for {
		node, err := r.node()
		switch {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			return nil, err
		}
		roots = append(roots, node)
	}
}

// jsonReader makes nodes of JSON, and counts its lines.
type jsonReader struct {
	*json.Decoder
	text  []byte
	line  int
	until int64
}

func (r *jsonReader) node() (*yaml.Node, error) {
	token, err := r.Token()
	if err != nil {
		return nil, err
	}
	r.line += bytes.Count(r.text[r.until:r.InputOffset()], []byte("\n"))
	r.until = r.InputOffset()
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line}
	switch token := token.(type) {
	case json.Delim:
		node.Kind = yaml.MappingNode
		if token == '[' {
			node.Kind = yaml.SequenceNode
		}
		return node, r.children(node)
	case string:
		node.Style, node.Value = yaml.DoubleQuotedStyle, token
	case json.Number:
		node.Value = token.String()
	case bool:
		node.Value = map[bool]string{true: "true", false: "false"}[token]
	}
	return node, nil
}

func (r *jsonReader) children(node *yaml.Node) error {
	for r.More() {
		child, err := r.node()
		if err != nil {
			return unexpected(err)
		}
		node.Content = append(node.Content, child)
	}
	_, err := r.Token() // the bracket that closes
	return unexpected(err)
}

// unexpected tells the end of a text within an object from its end behind one.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// documentsIn are the objects that stand in what was parsed.
func documentsIn(file string, roots []*yaml.Node) (out []document, problems []Problem) {
	for _, root := range roots {
		if err := resolveAliases(root); err != nil {
			problems = append(problems, problemOf(file, root.Line, "", err))
			continue
		}
		if second := secondObject(root); second != nil {
			problems = append(problems, Problem{File: file, Line: second.Line, Message: "another object begins here; a line --- is missing before it"})
		}
		out = append(out, objectsIn(file, root)...)
	}
	return out, problems
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
	items := under(node, "items")
	if items == nil || items.Kind != yaml.SequenceNode {
		return []document{{file: file, node: node}}
	}
	var out []document
	for _, item := range items.Content {
		out = append(out, objectsIn(file, item)...)
	}
	return out
}

// under is the value under a key of a mapping, or nil.
func under(node *yaml.Node, key string) *yaml.Node {
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
