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

// option is a switch <Value>.enabled over some objects.
type option struct {
	Value string
	About string
	of    func(tree.Object) bool
}

func kind(names ...string) func(tree.Object) bool {
	return func(o tree.Object) bool {
		for _, name := range names {
			if o.GetKind() == name {
				return true
			}
		}
		return false
	}
}

// aggregated tells a ClusterRole that adds to the roles people have.
func aggregated(o tree.Object) bool {
	for label := range o.GetLabels() {
		if strings.HasPrefix(label, "rbac.authorization.k8s.io/aggregate-to-") {
			return true
		}
	}
	return false
}

// options are all switches. What none of them takes is always installed.
func options() []option {
	return []option{
		{"networkPolicies", "What may reach the operator, and what it may reach.", kind("NetworkPolicy")},
		{"podDisruptionBudget", "Keeps one replica while nodes are drained.", kind("PodDisruptionBudget")},
		{"serviceMonitor", "Has the operator scraped by a Prometheus that selects this namespace.", kind("ServiceMonitor")},
		{"prometheusRule", "Alerts on the operator and on the way from a change to its reload.", kind("PrometheusRule")},
		{"dashboard", "Dashboard for a Grafana whose sidecar looks for the label grafana_dashboard.", kind("ConfigMap")},
		{"userRoles", "Adds the kinds to the roles admin, edit and view.", aggregated},
		{"admissionPolicy", "Limits what the operator may change of a pod.", kind("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")},
		{"webhook", "Refuses objects that Prometheus would refuse.", kind("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")},
	}
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
		Images: []image{{Value: "operator", Reference: manager.Image}},
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
