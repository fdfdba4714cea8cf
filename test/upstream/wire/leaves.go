package wire

import (
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Leaves lists the paths in a schema that hold a value, such as "spec.endpoints[].params.*[]", sorted. A node without
// properties, items and additional properties is a leaf, so the result counts what a user can set.
func Leaves(schema *apiextensionsv1.JSONSchemaProps) []string {
	found := map[string]bool{}
	collect(found, "", schema)
	return slices.Sorted(maps.Keys(found))
}

func collect(found map[string]bool, path string, schema *apiextensionsv1.JSONSchemaProps) {
	switch {
	case len(schema.Properties) > 0:
		for name, property := range schema.Properties {
			collect(found, join(path, name), &property)
		}
	case schema.Items != nil && schema.Items.Schema != nil:
		collect(found, path+"[]", schema.Items.Schema)
	case schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil:
		collect(found, path+".*", schema.AdditionalProperties.Schema)
	default:
		found[path] = true
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
