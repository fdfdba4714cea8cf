// Package tree reads the kustomize tree under config/ as Kubernetes objects. All that people install is made out of it.
package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Object is a Kubernetes object of any kind.
type Object = *unstructured.Unstructured

// Build runs kustomize on a directory and returns what it prints, in its order.
func Build(dir string) ([]Object, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, fmt.Errorf("kustomize build %s: %w", dir, err)
	}
	text, err := built.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("kustomize build %s: %w", dir, err)
	}
	return Parse(text)
}

// Parse reads the documents of a YAML file and leaves out empty ones.
func Parse(text []byte) ([]Object, error) {
	var objects []Object
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var document runtime.RawExtension
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err == nil && isEmpty(document.Raw) {
			continue
		}
		o := &unstructured.Unstructured{}
		if err := errors.Join(err, o.UnmarshalJSON(document.Raw)); err != nil {
			return nil, fmt.Errorf("document %d: %w", len(objects)+1, err)
		}
		objects = append(objects, o)
	}
}

func isEmpty(document []byte) bool {
	return len(document) == 0 || bytes.Equal(document, []byte("null")) || bytes.Equal(document, []byte("{}"))
}

// OfKind are the objects of one kind, whatever its group and version.
func OfKind(objects []Object, kind string) []Object {
	var found []Object
	for _, o := range objects {
		if o.GetKind() == kind {
			found = append(found, o)
		}
	}
	return found
}

// Into converts objects to their Go type. A field that the type does not have is an error: a misspelt one would be lost silently.
func Into[T any](objects []Object) ([]T, error) {
	out := make([]T, len(objects))
	for i, o := range objects {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &out[i], true); err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return out, nil
}
