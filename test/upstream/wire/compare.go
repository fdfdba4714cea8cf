package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// defaultColumn is what the API server prints for a CRD that names no columns.
var defaultColumn = apiextensionsv1.CustomResourceColumnDefinition{Name: "Age", Type: "date", JSONPath: ".metadata.creationTimestamp"}

// Compare lists every way in which ours serves other objects than theirs. Descriptions do not count, and ours may have more
// properties under status. The list is empty when an object is valid there exactly if it is valid here.
func Compare(theirs, ours apiextensionsv1.CustomResourceDefinition) []string {
	found := compareNames(theirs, ours)
	for _, v := range theirs.Spec.Versions {
		i := slices.IndexFunc(ours.Spec.Versions, func(o apiextensionsv1.CustomResourceDefinitionVersion) bool { return o.Name == v.Name })
		if i < 0 {
			found = append(found, fmt.Sprintf("version %s: missing", v.Name))
			continue
		}
		found = append(found, compareVersion(v, ours.Spec.Versions[i])...)
	}
	return found
}

func compareNames(theirs, ours apiextensionsv1.CustomResourceDefinition) []string {
	var found []string
	if theirs.Spec.Group != ours.Spec.Group || theirs.Spec.Scope != ours.Spec.Scope {
		found = append(found, fmt.Sprintf("group or scope: %s %s, not %s %s",
			ours.Spec.Group, ours.Spec.Scope, theirs.Spec.Group, theirs.Spec.Scope))
	}
	if !reflect.DeepEqual(theirs.Spec.Names, ours.Spec.Names) {
		found = append(found, fmt.Sprintf("names: %+v, not %+v", ours.Spec.Names, theirs.Spec.Names))
	}
	return found
}

func compareVersion(theirs, ours apiextensionsv1.CustomResourceDefinitionVersion) []string {
	var found []string
	if theirs.Served != ours.Served || theirs.Storage != ours.Storage {
		found = append(found, fmt.Sprintf("version %s: served %t, storage %t", ours.Name, ours.Served, ours.Storage))
	}
	if !reflect.DeepEqual(theirs.Subresources, ours.Subresources) {
		found = append(found, fmt.Sprintf("version %s: subresources differ", ours.Name))
	}
	columns := theirs.AdditionalPrinterColumns
	if len(columns) == 0 {
		columns = []apiextensionsv1.CustomResourceColumnDefinition{defaultColumn}
	}
	for _, c := range columns {
		if !slices.ContainsFunc(ours.AdditionalPrinterColumns, func(o apiextensionsv1.CustomResourceColumnDefinition) bool {
			return o.Name == c.Name && o.Type == c.Type && o.JSONPath == c.JSONPath && o.Priority == c.Priority
		}) {
			found = append(found, fmt.Sprintf("version %s: no column %s of %s", ours.Name, c.Name, c.JSONPath))
		}
	}
	return append(found, compareSchema("", node(theirs.Schema.OpenAPIV3Schema), node(ours.Schema.OpenAPIV3Schema))...)
}

// node is a schema as the plain value that its JSON stands for, so that no keyword can be forgotten in the comparison.
func node(s *apiextensionsv1.JSONSchemaProps) map[string]any {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a schema that was decoded can be encoded
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

// compareSchema walks two schema nodes; path is where they stand in the object, "" for its root.
func compareSchema(path string, theirs, ours map[string]any) []string {
	var found []string
	for _, keyword := range slices.Sorted(maps.Keys(union(theirs, ours))) {
		their, our := theirs[keyword], ours[keyword]
		switch keyword {
		case "description":
		case "properties":
			found = append(found, compareProperties(path, object(their), object(our))...)
		case "items":
			found = append(found, compareSchema(path+"[]", object(their), object(our))...)
		case "additionalProperties":
			found = append(found, compareSchema(path+".*", object(their), object(our))...)
		case "required", "enum", "x-kubernetes-validations":
			if !reflect.DeepEqual(set(their), set(our)) {
				found = append(found, fmt.Sprintf("%s: %s is %v, not %v", path, keyword, our, their))
			}
		default:
			if !reflect.DeepEqual(their, our) {
				found = append(found, fmt.Sprintf("%s: %s is %v, not %v", path, keyword, our, their))
			}
		}
	}
	return found
}

func compareProperties(path string, theirs, ours map[string]any) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(union(theirs, ours))) {
		at := path + "." + name
		_, inTheirs := theirs[name]
		_, inOurs := ours[name]
		switch {
		case !inOurs:
			found = append(found, at+": missing")
		case inTheirs:
			found = append(found, compareSchema(at, object(theirs[name]), object(ours[name]))...)
		case !underStatus(at):
			found = append(found, at+": not a field of theirs")
		}
	}
	return found
}

// underStatus is the one place where fields of our own may lie.
func underStatus(path string) bool {
	return strings.HasPrefix(path, ".status.")
}

// set makes a list comparable whatever its order. A validation rule counts by its expression, not by its message.
func set(list any) map[string]bool {
	out := map[string]bool{}
	items, _ := list.([]any)
	for _, item := range items {
		if rule, ok := item.(map[string]any); ok {
			rule = maps.Clone(rule)
			delete(rule, "message")
			item = rule
		}
		out[fmt.Sprint(item)] = true
	}
	return out
}

// object reads a value as a JSON object; one that is absent, or true as in "any value", is empty.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func union(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]any{}
	}
	maps.Copy(out, b)
	return out
}
