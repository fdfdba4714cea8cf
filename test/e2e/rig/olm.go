package rig

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/operator-framework/api/crds"
	operatorsv1 "github.com/operator-framework/api/pkg/operators/v1"
	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/test/cluster"
)

const (
	olmVersion   = "v0.46.0"
	olmProgram   = "olm"
	olmDir       = "olm"
	olmNamespace = "olm"
)

// managed is the label that OLM looks for on everything that an InstallPlan made.
var managed = map[string]string{"olm.managed": "true"}

// PrepareOLM builds the Operator Lifecycle Manager.
func PrepareOLM(ctx context.Context, dir string) error {
	return prepareProgram(ctx, dir, olmDir, cluster.Part{
		Name: olmProgram, Module: "olm", Package: "github.com/operator-framework/operator-lifecycle-manager/cmd/olm", Version: olmVersion,
		Flags: []string{"-ldflags", "-s -w -X github.com/operator-framework/operator-lifecycle-manager/pkg/version.OLMVersion=" + olmVersion},
		Slow:  "about 3 minutes",
	})
}

// StartOLM starts OLM's operator as an administrator, with the kinds it needs.
func (r *Rig) StartOLM(ctx context.Context) (*cluster.Process, error) {
	kinds := []*apiextensionsv1.CustomResourceDefinition{
		crds.CatalogSource(), crds.ClusterServiceVersion(), crds.InstallPlan(), crds.OperatorGroup(),
		crds.Operator(), crds.Subscription(), crds.OperatorCondition(), crds.OLMConfig(),
	}
	client, err := apiextensions.NewForConfig(r.Cluster.Config())
	if err != nil {
		return nil, err
	}
	for _, kind := range kinds {
		if _, err := client.ApiextensionsV1().CustomResourceDefinitions().Create(ctx, kind, metav1.CreateOptions{}); err != nil {
			return nil, err
		}
	}
	if _, err := r.Cluster.Kubectl(ctx, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"); err != nil {
		return nil, err
	}
	if err := r.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: olmNamespace}}); err != nil {
		return nil, err
	}
	return r.Cluster.Run("olm", "/usr/bin/env", "KUBECONFIG="+r.Cluster.Kubeconfig(), filepath.Join(cluster.Dir(), olmDir, olmProgram),
		"--namespace="+olmNamespace, "--writeStatusName=", "--writePackageServerStatusName=")
}

// InstallBundle does what an InstallPlan does with bundle/, for all namespaces: it applies the manifests, gives the operator's account
// its rights, and creates the ClusterServiceVersion last.
func (r *Rig) InstallBundle(ctx context.Context, ns string) error {
	manifests, csv, err := readBundle(filepath.Join(Root(), "bundle", "manifests"))
	if err != nil {
		return err
	}
	csv.Namespace = ns
	objects := slices.Concat([]client.Object{
		&corev1.Namespace{TypeMeta: kind("v1", "Namespace"), ObjectMeta: metav1.ObjectMeta{Name: ns}},
		&operatorsv1.OperatorGroup{TypeMeta: kind("operators.coreos.com/v1", "OperatorGroup"), ObjectMeta: metav1.ObjectMeta{Name: ns}},
	}, manifests, rightsOf(csv), []client.Object{csv})
	var all []byte
	for _, o := range objects {
		if namespaced, err := r.Client.IsObjectNamespaced(o); err != nil || namespaced {
			o.SetNamespace(ns) // a kind that is not known yet is a CRD's own and comes later
		}
		text, err := yaml.Marshal(o)
		if err != nil {
			return err
		}
		all = append(append(all, text...), "---\n"...)
	}
	file := filepath.Join(r.Cluster.Dir(), "bundle.yaml")
	if err := os.WriteFile(file, all, 0o644); err != nil {
		return err
	}
	return r.Apply(ctx, file)
}

// readBundle reads the manifests of a bundle. They carry the label that OLM's own caches look for.
func readBundle(dir string) (others []client.Object, csv *v1alpha1.ClusterServiceVersion, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, o); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
		if o.GetKind() == v1alpha1.ClusterServiceVersionKind {
			csv = &v1alpha1.ClusterServiceVersion{}
			if err := yaml.UnmarshalStrict(text, csv); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", file, err)
			}
			continue
		}
		labels := maps.Clone(managed)
		maps.Copy(labels, o.GetLabels())
		o.SetLabels(labels)
		others = append(others, o)
	}
	return others, csv, nil
}

// rightsOf are the account and the roles that a ClusterServiceVersion asks for.
func rightsOf(csv *v1alpha1.ClusterServiceVersion) []client.Object {
	strategy := csv.Spec.InstallStrategy.StrategySpec
	var out []client.Object
	for _, p := range strategy.Permissions {
		name, subjects := meta(p.ServiceAccountName), accounts(csv.Namespace, p.ServiceAccountName)
		out = append(out,
			&rbacv1.Role{TypeMeta: kind("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: name, Rules: p.Rules},
			&rbacv1.RoleBinding{TypeMeta: kind("rbac.authorization.k8s.io/v1", "RoleBinding"), ObjectMeta: name, Subjects: subjects,
				RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name}})
	}
	for _, p := range strategy.ClusterPermissions {
		name, subjects := meta(p.ServiceAccountName), accounts(csv.Namespace, p.ServiceAccountName)
		out = append(out,
			&corev1.ServiceAccount{TypeMeta: kind("v1", "ServiceAccount"), ObjectMeta: name},
			&rbacv1.ClusterRole{TypeMeta: kind("rbac.authorization.k8s.io/v1", "ClusterRole"), ObjectMeta: name, Rules: p.Rules},
			&rbacv1.ClusterRoleBinding{TypeMeta: kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"), ObjectMeta: name, Subjects: subjects,
				RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name.Name}})
	}
	return out
}

func meta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Labels: managed} }

func kind(version, name string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: version, Kind: name}
}

func accounts(ns, name string) []rbacv1.Subject {
	return []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: ns, Name: name}}
}
