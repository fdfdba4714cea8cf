package olm

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"strings"

	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// Input is what a bundle is made of: Objects is config/manifests as kustomize prints it (the operator, the CSV's base, the
// scorecard's configuration), Samples config/samples.
type Input struct {
	Objects []tree.Object
	Samples []tree.Object
}

// Read builds the input from the kustomize tree of a checkout.
func Read(root string) (Input, error) {
	var built [2][]tree.Object
	for i, dir := range []string{"manifests", "samples"} {
		objects, err := tree.Build(filepath.Join(root, "config", dir))
		if err != nil {
			return Input{}, err
		}
		built[i] = objects
	}
	return Input{Objects: built[0], Samples: built[1]}, nil
}

// Package is the name of the operator in catalogues.
const Package = "promloop"

// Generate returns the files of the bundle by their path from the repository's root: bundle/… and bundle.Dockerfile.
func Generate(in Input) (map[string][]byte, error) {
	csv, err := clusterServiceVersion(in)
	if err != nil {
		return nil, err
	}
	files := metadata()
	files["bundle/manifests/"+Package+".clusterserviceversion.yaml"], err = encodeCSV(csv)
	if err != nil {
		return nil, err
	}
	others, err := besideCSV(in.Objects, csv)
	if err != nil {
		return nil, err
	}
	maps.Copy(files, others)
	files["bundle/tests/scorecard/config.yaml"], err = scorecard(in.Objects)
	return files, err
}

// clusterServiceVersion fills the base with what the tree says.
func clusterServiceVersion(in Input) (*v1alpha1.ClusterServiceVersion, error) {
	csv, err := base(in.Objects)
	if err != nil {
		return nil, err
	}
	deployments, err := tree.Into[appsv1.Deployment](tree.OfKind(in.Objects, "Deployment"))
	if err != nil {
		return nil, err
	}
	for _, d := range deployments {
		strategy := v1alpha1.StrategyDeploymentSpec{Name: d.Name, Label: d.Labels, Spec: d.Spec}
		csv.Spec.InstallStrategy.StrategySpec.DeploymentSpecs = append(csv.Spec.InstallStrategy.StrategySpec.DeploymentSpecs, strategy)
	}
	csv.Spec.InstallStrategy.StrategyName = v1alpha1.InstallStrategyNameDeployment
	return csv, errors.Join(
		addPermissions(csv, in.Objects),
		addWebhooks(csv, in.Objects, deployments),
		addImages(csv, deployments),
		addExamples(csv, in.Samples),
		completeOwned(csv, in.Objects),
	)
}

// base is the hand-written part of the CSV: texts, links, install modes, descriptors.
func base(objects []tree.Object) (*v1alpha1.ClusterServiceVersion, error) {
	bases, err := tree.Into[v1alpha1.ClusterServiceVersion](tree.OfKind(objects, v1alpha1.ClusterServiceVersionKind))
	if err != nil {
		return nil, err
	}
	if len(bases) != 1 {
		return nil, fmt.Errorf("config/manifests has %d ClusterServiceVersions: it takes one, in bases/", len(bases))
	}
	return &bases[0], nil
}

func encodeCSV(csv *v1alpha1.ClusterServiceVersion) ([]byte, error) {
	text, err := yaml.Marshal(csv)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	if err := yaml.Unmarshal(text, &plain); err != nil {
		return nil, err
	}
	delete(plain, "status")
	return yaml.Marshal(withoutEmpty(plain))
}

// withoutEmpty drops what Go's types print although nobody wrote it: null and empty objects. An empty object inside a list or an
// emptyDir means something and stays.
func withoutEmpty(m map[string]any) map[string]any {
	for key, value := range m {
		child, isMap := value.(map[string]any)
		switch {
		case value == nil, isMap && len(child) == 0 && !meaningfulWhenEmpty[key]:
			delete(m, key)
		case isMap:
			withoutEmpty(child)
		default:
			items, _ := value.([]any)
			for _, item := range items {
				if child, ok := item.(map[string]any); ok {
					withoutEmpty(child)
				}
			}
		}
	}
	return m
}

var meaningfulWhenEmpty = map[string]bool{"emptyDir": true, "objectSelector": true}

// leftOut are kinds that become no file of their own, with the reason.
var leftOut = map[string]string{
	v1alpha1.ClusterServiceVersionKind: "it is the bundle itself",
	"Configuration":                    "it is the scorecard's, under tests/",
	"Deployment":                       "part of the CSV",
	"ClusterRoleBinding":               "OLM binds what the CSV asks for",
	"RoleBinding":                      "OLM binds what the CSV asks for",
	"ValidatingWebhookConfiguration":   "part of the CSV",
	"MutatingWebhookConfiguration":     "part of the CSV",
	"Namespace":                        "the user chooses the namespace",
	"ServiceMonitor":                   "its kind comes with this bundle, and may come later than the object",
	"PrometheusRule":                   "its kind comes with this bundle, and may come later than the object",
	"ValidatingAdmissionPolicy":        "the format has no place for it",
	"ValidatingAdmissionPolicyBinding": "the format has no place for it",
}

// carried are the kinds that OLM installs from files of a bundle, as far as this project uses them.
var carried = map[string]bool{
	"CustomResourceDefinition": true, "ClusterRole": true, "Role": true, "ConfigMap": true, "Service": true, "ServiceAccount": true,
	"NetworkPolicy": true, "PodDisruptionBudget": true, "PriorityClass": true,
}

// besideCSV are the files beside the CSV.
func besideCSV(objects []tree.Object, csv *v1alpha1.ClusterServiceVersion) (map[string][]byte, error) {
	files := map[string][]byte{}
	taken, err := takenByCSV(objects, csv)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if leftOut[o.GetKind()] != "" || taken[o.GetKind()+"/"+o.GetName()] {
			continue
		}
		if !carried[o.GetKind()] {
			return nil, fmt.Errorf("%s %s: a bundle can't carry this kind; if the operator can do without it there, list it in leftOut with the reason", o.GetKind(), o.GetName())
		}
		file := o.DeepCopy()
		file.SetNamespace("") // OLM's choice
		text, err := yaml.Marshal(file.Object)
		if err != nil {
			return nil, err
		}
		files["bundle/manifests/"+fileName(o)] = text
	}
	return files, nil
}

// takenByCSV names the objects that the CSV stands for: the accounts and rights of its deployments, the Services of its webhooks.
func takenByCSV(objects []tree.Object, csv *v1alpha1.ClusterServiceVersion) (map[string]bool, error) {
	taken := map[string]bool{}
	for _, d := range csv.Spec.InstallStrategy.StrategySpec.DeploymentSpecs {
		taken["ServiceAccount/"+d.Spec.Template.Spec.ServiceAccountName] = true
	}
	grants, err := grantsOf(objects, accounts(csv))
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		taken[g.role] = true
	}
	hooks, err := hooksOf(objects)
	if err != nil {
		return nil, err
	}
	for _, h := range hooks {
		if h.client.Service != nil {
			taken["Service/"+h.client.Service.Name] = true
		}
	}
	return taken, nil
}

// fileName is the name that operator-sdk would give: <group>_<plural>.yaml for a CRD, <name>_<group>_<version>_<kind>.yaml else.
func fileName(o tree.Object) string {
	if o.GetKind() == "CustomResourceDefinition" {
		plural, group, _ := strings.Cut(o.GetName(), ".")
		return group + "_" + plural + ".yaml"
	}
	version := strings.ReplaceAll(path.Clean(o.GetAPIVersion()), "/", "_")
	return o.GetName() + "_" + version + "_" + strings.ToLower(o.GetKind()) + ".yaml"
}

func scorecard(objects []tree.Object) ([]byte, error) {
	found := tree.OfKind(objects, "Configuration")
	if len(found) != 1 {
		return nil, fmt.Errorf("config/manifests has %d scorecard configurations: it takes one", len(found))
	}
	return yaml.Marshal(found[0].Object)
}
