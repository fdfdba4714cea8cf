package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	yaml "go.yaml.in/yaml/v3"
	sigsjson "sigs.k8s.io/json"
)

// maxNodes is how many nodes a document with aliases may have once each alias is what it stands for: a few lines can make billions.
const maxNodes = 1_000_000

// atLine is an error of which the line is known.
type atLine struct {
	line int
	error
}

// resolveAliases puts in the place of each alias the node that it stands for.
func resolveAliases(root *yaml.Node) error {
	a := aliases{size: map[*yaml.Node]int{}}
	return a.resolve(root)
}

type aliases struct {
	size map[*yaml.Node]int // 0 while the node is being looked at
	any  bool
}

func (a *aliases) resolve(node *yaml.Node) error {
	a.size[node] = 0
	size := 1
	for i, child := range node.Content {
		if child.Kind == yaml.AliasNode {
			a.any = true
			child = child.Alias
			node.Content[i] = child
		}
		if known, seen := a.size[child]; seen && known == 0 {
			return atLine{child.Line, fmt.Errorf("the anchor %q contains itself", child.Anchor)}
		} else if !seen {
			if err := a.resolve(child); err != nil {
				return err
			}
		}
		size += a.size[child]
		if a.any && size > maxNodes {
			return atLine{node.Line, fmt.Errorf("with its aliases written out this has more than %d values", maxNodes)}
		}
	}
	a.size[node] = size
	return nil
}

// asJSON is what the API server gets of a node without aliases from kubectl, which reads YAML by its version 1.1.
func asJSON(node *yaml.Node) (map[string]any, error) {
	value, err := valueOf(node)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	return object, sigsjson.UnmarshalCaseSensitivePreserveInts(text, &object)
}

func valueOf(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.MappingNode:
		out := make(map[string]any, len(node.Content)/2)
		return out, fillFrom(out, node)
	case yaml.SequenceNode:
		out := make([]any, 0, len(node.Content))
		for _, child := range node.Content {
			value, err := valueOf(child)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	default:
		return scalarOf(node)
	}
}

// fillFrom sets the keys of a mapping in their order, those that it merges too. The last one counts.
func fillFrom(out map[string]any, node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return atLine{node.Line, errors.New("only mappings can be merged with <<")}
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.ShortTag() == "!!merge" {
			if err := merge(out, value); err != nil {
				return err
			}
			continue
		}
		name, err := keyOf(key)
		if err != nil {
			return err
		}
		if out[name], err = valueOf(value); err != nil {
			return err
		}
	}
	return nil
}

// merge sets the keys of a mapping, or of several, of which the first one counts.
func merge(out map[string]any, from *yaml.Node) error {
	if from.Kind != yaml.SequenceNode {
		return fillFrom(out, from)
	}
	for i := len(from.Content) - 1; i >= 0; i-- {
		if err := fillFrom(out, from.Content[i]); err != nil {
			return err
		}
	}
	return nil
}

// floats are spelt by YAML in other ways than by Go.
var floats = strings.NewReplacer("+Inf", ".inf", "-Inf", "-.inf", "NaN", ".nan")

func keyOf(node *yaml.Node) (string, error) {
	value, err := valueOf(node)
	if err != nil {
		return "", err
	}
	switch value := value.(type) {
	case string:
		return value, nil
	case bool, int:
		return fmt.Sprint(value), nil
	case float64:
		return floats.Replace(strconv.FormatFloat(value, 'g', -1, 32)), nil
	}
	return "", atLine{node.Line, errors.New("a key has to be a text")}
}

// scalarOf has YAML 1.1's reader decide what a word means that stands without quotes, such as yes or 0644.
func scalarOf(node *yaml.Node) (any, error) {
	word := node.Value
	switch {
	case node.Style&yaml.TaggedStyle != 0:
		word = node.Tag + " " + strconv.QuoteToASCII(word)
	case node.Style != 0, !ambiguous(word):
		return word, nil
	}
	var read [1]any
	if err := yamlv2.Unmarshal([]byte("- "+word), &read); err != nil {
		return nil, atLine{node.Line, err}
	}
	return read[0], nil
}

// ambiguous reports whether a word without quotes may be something else than a text: a number, a truth value or nothing.
func ambiguous(word string) bool {
	return word == "" || word != "-" && strings.Contains("+-.0123456789~yYnNtTfFoO", word[:1]) && !strings.ContainsAny(word, "\n :")
}
