package olm

import (
	"fmt"

	"github.com/operator-framework/api/crds"
	"github.com/operator-framework/api/pkg/manifests"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// matchesSchema holds the CSV against OLM's own definition of it.
func matchesSchema(b *manifests.Bundle) []error {
	return validateWith(crds.ClusterServiceVersion(), tree.OfKind(b.Objects, "ClusterServiceVersion"))
}

// examplesFit holds the examples against the bundle's CRDs: one at least of each owned kind.
func examplesFit(b *manifests.Bundle) []error {
	examples, err := examplesOf(b)
	if err != nil {
		return []error{err}
	}
	var errs []error
	for _, crd := range b.V1CRDs {
		kind := crd.Spec.Names.Kind
		found := tree.OfKind(examples, kind)
		if len(found) == 0 {
			errs = append(errs, fmt.Errorf("no example of %s: add one to config/samples", kind))
		}
		errs = append(errs, validateWith(crd, found)...)
	}
	return errs
}

// validateWith checks objects as an API server would, but for CEL rules; a field that it would drop is an error.
func validateWith(crd *apiextensionsv1.CustomResourceDefinition, objects []tree.Object) []error {
	var internal apiextensions.CustomResourceDefinition
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd.DeepCopy(), &internal, nil); err != nil {
		return []error{err}
	}
	schema := internal.Spec.Validation
	if schema == nil { // versions with schemas of their own
		schema = internal.Spec.Versions[0].Schema
	}
	validator, _, err := validation.NewSchemaValidator(schema.OpenAPIV3Schema)
	if err != nil {
		return []error{err}
	}
	structural, err := structuralschema.NewStructural(schema.OpenAPIV3Schema)
	if err != nil {
		return []error{err}
	}
	var errs []error
	for _, o := range objects {
		name := o.GetKind() + " " + o.GetName()
		for _, e := range validation.ValidateCustomResource(nil, o.Object, validator) {
			errs = append(errs, fmt.Errorf("%s: %w", name, e))
		}
		options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
		for _, path := range pruning.PruneWithOptions(o.DeepCopy().Object, structural, true, options) {
			errs = append(errs, fmt.Errorf("%s: no field %s", name, path))
		}
	}
	return errs
}
