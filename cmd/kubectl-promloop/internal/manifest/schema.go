package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	openapierrors "k8s.io/kube-openapi/pkg/validation/errors"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/config/crd"
	"github.com/promloop/promloop/internal/world"
)

// definition is what is read here of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Group string
		Names struct {
			Kind, Plural, Singular string
			ShortNames             []string
		}
		Versions []struct {
			Name   string
			Schema struct{ OpenAPIV3Schema spec.Schema }
		}
	}
}

// definitions are those of our kinds.
var definitions = sync.OnceValue(func() []definition {
	var out []definition
	for _, text := range crd.All() {
		var d definition
		if err := yaml.Unmarshal(text, &d); err != nil {
			panic(err) // they are part of this program
		}
		out = append(out, d)
	}
	return out
})

// schemas are those of our kinds, by the words of document.kind.
var schemas = sync.OnceValue(func() map[string]*spec.Schema {
	out := map[string]*spec.Schema{}
	for _, d := range definitions() {
		for i := range d.Spec.Versions {
			v := &d.Spec.Versions[i]
			out[d.Spec.Group+"/"+v.Name+" "+d.Spec.Names.Kind] = &v.Schema.OpenAPIV3Schema
		}
	}
	return out
})

// KindCalled is one of our kinds by any name that kubectl takes for it, or "".
func KindCalled(name string) world.Kind {
	for _, d := range definitions() {
		n := d.Spec.Names
		if slices.Contains(slices.Concat(n.ShortNames, []string{n.Plural, n.Singular}), strings.ToLower(name)) {
			return world.Kind(n.Kind)
		}
	}
	return ""
}

// mistake is something that the API server would refuse.
type mistake struct{ field, message string }

// admit does what the API server does with an object: it fills in defaults, and says what the schema of its kind refuses.
func admit(kind string, object map[string]any) []mistake {
	schema := schemas()[kind]
	if schema == nil {
		return nil
	}
	fillIn(object, schema)
	var out []mistake
	var vague []mistake
	for _, err := range validate.NewSchemaValidator(schema, nil, "", strfmt.Default).Validate(object).Errors {
		if v := (*openapierrors.Validation)(nil); errors.As(err, &v) {
			message := strings.Replace(err.Error(), " in body", ":", 1)
			out = append(out, mistake{field: strings.TrimPrefix(v.Name, "."), message: message})
		} else {
			vague = append(vague, mistake{message: err.Error()})
		}
	}
	if len(out) == 0 {
		return vague
	}
	return out // what has no field says the same again: that a number is out of range, that one of several schemas must fit
}

// misnamed is what the API server refuses in the metadata of our kinds, which no schema describes.
func misnamed(kind string, o metav1.Object) []mistake {
	if schemas()[kind] == nil {
		return nil
	}
	var out []mistake
	for _, err := range validation.ValidateObjectMetaAccessor(o, true, validation.NameIsDNSSubdomain, field.NewPath("metadata")) {
		out = append(out, mistake{field: fmt.Sprintf("%s[%v]", err.Field, err.BadValue), message: err.Error()})
	}
	return out
}

// fillIn sets the defaults of a schema in all mappings that are there. A null counts as absent, unless it is allowed.
func fillIn(value any, schema *spec.Schema) {
	switch value := value.(type) {
	case map[string]any:
		for name, property := range schema.Properties {
			if found, set := value[name]; set && found == nil && !property.Nullable {
				delete(value, name)
			}
			if _, set := value[name]; !set && property.Default != nil {
				value[name] = copied(property.Default)
			}
			fillIn(value[name], &property)
		}
		if more := schema.AdditionalProperties; more != nil && more.Schema != nil {
			for name := range value {
				fillIn(value[name], more.Schema)
			}
		}
	case []any:
		if schema.Items == nil || schema.Items.Schema == nil {
			return
		}
		for _, item := range value {
			fillIn(item, schema.Items.Schema)
		}
	}
}

// copied is a value of its own, since objects are changed after they were read.
func copied(value any) any {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	if err != nil {
		panic(err) // it was JSON before
	}
	return value
}
