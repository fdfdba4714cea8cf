package tree_test

import (
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

func TestParseLeavesOutEmptyDocuments(t *testing.T) {
	t.Parallel()
	objects, err := tree.Parse([]byte("# nothing\n---\nkind: A\napiVersion: v1\n---\n---\nkind: B\napiVersion: v1\n"))
	if err != nil || len(objects) != 2 || objects[1].GetKind() != "B" {
		t.Errorf("two objects stand between comments and separators: %v, %v", objects, err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	if _, err := tree.Parse([]byte("apiVersion: v1\nkind: A\n---\n{")); err == nil || !strings.Contains(err.Error(), "document 2") {
		t.Errorf("a person has to find the document: %v", err)
	}
	objects, err := tree.Parse([]byte("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {sellector: {a: b}}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Into[corev1.Service](objects); err == nil || !strings.Contains(err.Error(), "sellector") {
		t.Errorf("a misspelt field must not be lost: %v", err)
	}
	if _, err := tree.Build(t.TempDir()); err == nil {
		t.Error("a directory without kustomization.yaml builds")
	}
}

// What undeploy deletes must not take users' objects along: neither their kinds nor the namespace, which people put objects into.
func TestTheOperatorAloneTakesNothingAlong(t *testing.T) {
	t.Parallel()
	config := func(dir string) []tree.Object {
		objects, err := tree.Build(filepath.Join("..", "..", "..", "..", "config", dir))
		if err != nil {
			t.Fatal(err)
		}
		return objects
	}
	whole, operator := config("default"), config("operator")
	for _, kind := range []string{"Namespace", "CustomResourceDefinition"} {
		if len(tree.OfKind(whole, kind)) == 0 {
			t.Errorf("config/default has no %s", kind)
		}
		for _, o := range tree.OfKind(operator, kind) {
			t.Errorf("config/operator has the %s %s", kind, o.GetName())
		}
	}
}

// The samples' Prometheus finds targets by an account that a ClusterRoleBinding names with its namespace, so both must be in one, whatever
// the namespace of the user's context is.
func TestSamplesGoWhereTheirAccountIsBound(t *testing.T) {
	t.Parallel()
	samples, err := tree.Build(filepath.Join("..", "..", "..", "..", "config", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	bindings, err := tree.Into[rbacv1.ClusterRoleBinding](tree.OfKind(samples, "ClusterRoleBinding"))
	if err != nil || len(bindings) != 1 {
		t.Fatalf("%d bindings, %v", len(bindings), err)
	}
	for _, o := range samples {
		if !strings.HasPrefix(o.GetKind(), "ClusterRole") && o.GetNamespace() != bindings[0].Subjects[0].Namespace {
			t.Errorf("%s %s is in namespace %q, the account in %q", o.GetKind(), o.GetName(), o.GetNamespace(), bindings[0].Subjects[0].Namespace)
		}
	}
}
