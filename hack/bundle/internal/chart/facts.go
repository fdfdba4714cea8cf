package chart

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// facts are what the tree says about the operator, and so the default values of the chart.
type facts struct {
	Version   string // of the chart and, with a v, of the operator
	Namespace string
	Replicas  int32
	// KubeletService is what the flag says, namespace/name.
	KubeletService string
	Images         []image
	Resources      corev1.ResourceRequirements
	Affinity       *corev1.Affinity
	Switches       []option // those that turn anything off
}

// kubeletFlag begins the argument that has a value of its own.
const kubeletFlag = "--kubelet-service="

// image is an image that a value can replace.
type image struct {
	Value     string // name under .Values.images
	Reference string
	variable  string // environment variable of the operator that holds it; empty for the operator's own
}

// factsOf reads what becomes a value. The chart is made for one Deployment with one container.
func factsOf(objects []tree.Object) (facts, error) {
	deployments, err := tree.Into[appsv1.Deployment](tree.OfKind(objects, "Deployment"))
	if err != nil {
		return facts{}, err
	}
	namespaces := tree.OfKind(objects, "Namespace")
	if len(deployments) != 1 || len(namespaces) != 1 || len(deployments[0].Spec.Template.Spec.Containers) != 1 {
		return facts{}, fmt.Errorf("%d Deployments and %d Namespaces: the chart is made for one each, with one container", len(deployments), len(namespaces))
	}
	manager := deployments[0].Spec.Template.Spec.Containers[0]
	tag := manager.Image[strings.LastIndex(manager.Image, ":")+1:]
	f := facts{
		Version: strings.TrimPrefix(tag, "v"), Namespace: namespaces[0].GetName(), Resources: manager.Resources, Replicas: 1,
		Affinity: deployments[0].Spec.Template.Spec.Affinity,
		Images:   []image{{Value: "operator", Reference: manager.Image}},
	}
	if replicas := deployments[0].Spec.Replicas; replicas != nil {
		f.Replicas = *replicas
	}
	for _, argument := range manager.Args {
		if service, ok := strings.CutPrefix(argument, kubeletFlag); ok {
			f.KubeletService = service
		}
	}
	for _, variable := range manager.Env {
		if name, ok := strings.CutPrefix(variable.Name, "RELATED_IMAGE_"); ok {
			f.Images = append(f.Images, image{Value: camelCase(name), Reference: variable.Value, variable: variable.Name})
		}
	}
	for _, o := range options() {
		for _, object := range objects {
			if o.of(object) {
				f.Switches = append(f.Switches, o)
				break
			}
		}
	}
	return f, nil
}

// camelCase turns CONFIG_RELOADER into configReloader.
func camelCase(name string) string {
	var out strings.Builder
	for i, word := range strings.Split(strings.ToLower(name), "_") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		out.WriteString(word)
	}
	return out.String()
}
