package manifest

import (
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// lineOf is the line on which a field stands, or else the nearest that is there: a field that is missing is told where it should be.
func lineOf(node *yaml.Node, field string) int {
	line := node.Line
	for field != "" {
		key, value, rest := step(node, field)
		if value == nil {
			return line
		}
		line, node, field = key.Line, value, strings.TrimPrefix(rest, ".")
	}
	return line
}

// step follows the first part of a path: an index, or the longest key that fits, since keys may hold dots. A key may be in brackets.
func step(node *yaml.Node, field string) (key, value *yaml.Node, rest string) {
	inner, bracketed := strings.CutPrefix(field, "[")
	if node.Kind == yaml.SequenceNode && bracketed {
		index, after, _ := strings.Cut(inner, "]")
		if n, err := strconv.Atoi(index); err == nil && n >= 0 && n < len(node.Content) {
			return node.Content[n], node.Content[n], after
		}
	}
	if node.Kind != yaml.MappingNode {
		return nil, nil, ""
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		after, ok := strings.CutPrefix(inner, node.Content[i].Value)
		if bracketed && ok {
			after, ok = strings.CutPrefix(after, "]")
		}
		longer := key == nil || len(node.Content[i].Value) > len(key.Value)
		if ok && longer && (after == "" || after[0] == '.' || after[0] == '[') {
			key, value, rest = node.Content[i], node.Content[i+1], after
		}
	}
	return key, value, rest
}

// repeated are the keys that stand a second time in their mapping. The last one counts, and kubectl does not say so.
func repeated(node *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	seen := map[string]bool{}
	for i, child := range node.Content {
		if key := node.Kind == yaml.MappingNode && i%2 == 0; key {
			if seen[child.Value] {
				out = append(out, child)
			}
			seen[child.Value] = true
		}
		out = append(out, repeated(child)...)
	}
	return out
}
