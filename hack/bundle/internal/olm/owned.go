package olm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// addExamples puts the samples of owned kinds into the annotation that consoles offer as templates. What else the samples need,
// such as an account, is the user's.
func addExamples(csv *v1alpha1.ClusterServiceVersion, samples []tree.Object) error {
	owned := map[string]bool{}
	for _, o := range csv.Spec.CustomResourceDefinitions.Owned {
		owned[o.Kind] = true
	}
	examples := []map[string]any{}
	for _, s := range samples {
		if owned[s.GetKind()] {
			example := s.DeepCopy()
			example.SetNamespace("") // the console's choice
			examples = append(examples, example.Object)
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(examples); err != nil {
		return err
	}
	csv.Annotations["alm-examples"] = strings.TrimSpace(text.String())
	return nil
}

// completeOwned holds the base's list of kinds against the CRDs: each served version once, nothing else, every path of a
// descriptor in the schema. It sorts the list by kind.
func completeOwned(csv *v1alpha1.ClusterServiceVersion, objects []tree.Object) error {
	crds, err := tree.Into[apiextensionsv1.CustomResourceDefinition](tree.OfKind(objects, "CustomResourceDefinition"))
	if err != nil {
		return err
	}
	schemas := map[string]*apiextensionsv1.JSONSchemaProps{}
	for _, crd := range crds {
		for _, v := range crd.Spec.Versions {
			if v.Served {
				schemas[crd.Name+"/"+v.Name] = v.Schema.OpenAPIV3Schema
			}
		}
	}
	var errs []error
	owned := csv.Spec.CustomResourceDefinitions.Owned
	for _, o := range owned {
		key := o.Name + "/" + o.Version
		schema := schemas[key]
		delete(schemas, key)
		if schema == nil {
			errs = append(errs, fmt.Errorf("config/manifests: owned %s is no served version of a CRD, or stands there twice", key))
			continue
		}
		errs = append(errs, descriptorsExist(o, schema))
	}
	for key := range schemas {
		errs = append(errs, fmt.Errorf("config/manifests: %s has no entry under owned", key))
	}
	slices.SortFunc(owned, func(a, b v1alpha1.CRDDescription) int {
		return strings.Compare(a.Kind+a.Version, b.Kind+b.Version)
	})
	return errors.Join(errs...)
}

func descriptorsExist(o v1alpha1.CRDDescription, schema *apiextensionsv1.JSONSchemaProps) error {
	var errs []error
	for _, d := range o.SpecDescriptors {
		errs = append(errs, pathExists(o.Kind, "spec."+d.Path, schema))
	}
	for _, d := range o.StatusDescriptors {
		errs = append(errs, pathExists(o.Kind, "status."+d.Path, schema))
	}
	return errors.Join(errs...)
}

// pathExists follows a path such as spec.endpoints[0].port.
func pathExists(kind, path string, schema *apiextensionsv1.JSONSchemaProps) error {
	for step := range strings.SplitSeq(path, ".") {
		name, index, _ := strings.Cut(step, "[")
		child, ok := schema.Properties[name]
		if !ok {
			return fmt.Errorf("config/manifests: descriptor of %s: its schema has no %s", kind, path)
		}
		schema = &child
		if index != "" && schema.Items != nil {
			schema = schema.Items.Schema
		}
	}
	return nil
}
