package olm

import (
	"fmt"

	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// hook is a webhook of either type.
type hook struct {
	client     admissionv1.WebhookClientConfig
	unsayable  string // a field that is set and that OLM has no word for
	definition v1alpha1.WebhookDescription
}

// addWebhooks turns webhook configurations into webhookdefinitions. OLM makes Service, certificate and configuration itself.
func addWebhooks(csv *v1alpha1.ClusterServiceVersion, objects []tree.Object, deployments []appsv1.Deployment) error {
	hooks, err := hooksOf(objects)
	if err != nil {
		return err
	}
	services, err := tree.Into[corev1.Service](tree.OfKind(objects, "Service"))
	if err != nil {
		return err
	}
	for _, h := range hooks {
		if err := h.connect(services, deployments); err != nil {
			return fmt.Errorf("webhook %s: %w", h.definition.GenerateName, err)
		}
		csv.Spec.WebhookDefinitions = append(csv.Spec.WebhookDefinitions, h.definition)
	}
	return nil
}

func hooksOf(objects []tree.Object) ([]hook, error) {
	validating, err := tree.Into[admissionv1.ValidatingWebhookConfiguration](tree.OfKind(objects, "ValidatingWebhookConfiguration"))
	if err != nil {
		return nil, err
	}
	mutating, err := tree.Into[admissionv1.MutatingWebhookConfiguration](tree.OfKind(objects, "MutatingWebhookConfiguration"))
	if err != nil {
		return nil, err
	}
	var hooks []hook
	for _, configuration := range validating {
		for _, w := range configuration.Webhooks {
			hooks = append(hooks, validatingHook(w))
		}
	}
	for _, configuration := range mutating {
		for _, w := range configuration.Webhooks {
			// Both types have the same fields but for this one.
			h := validatingHook(admissionv1.ValidatingWebhook{
				Name: w.Name, ClientConfig: w.ClientConfig, Rules: w.Rules, FailurePolicy: w.FailurePolicy, MatchPolicy: w.MatchPolicy,
				NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector, SideEffects: w.SideEffects,
				TimeoutSeconds: w.TimeoutSeconds, AdmissionReviewVersions: w.AdmissionReviewVersions, MatchConditions: w.MatchConditions,
			})
			h.definition.Type, h.definition.ReinvocationPolicy = v1alpha1.MutatingAdmissionWebhook, w.ReinvocationPolicy
			hooks = append(hooks, h)
		}
	}
	return hooks, nil
}

func validatingHook(w admissionv1.ValidatingWebhook) hook {
	h := hook{client: w.ClientConfig, definition: v1alpha1.WebhookDescription{
		GenerateName: w.Name, Type: v1alpha1.ValidatingAdmissionWebhook, Rules: w.Rules, FailurePolicy: w.FailurePolicy,
		MatchPolicy: w.MatchPolicy, ObjectSelector: w.ObjectSelector, SideEffects: w.SideEffects, TimeoutSeconds: w.TimeoutSeconds,
		AdmissionReviewVersions: w.AdmissionReviewVersions,
	}}
	switch {
	case w.NamespaceSelector != nil:
		h.unsayable = "namespaceSelector"
	case len(w.MatchConditions) > 0:
		h.unsayable = "matchConditions"
	case w.ClientConfig.Service == nil:
		h.unsayable = "clientConfig.url"
	}
	return h
}

// connect finds the deployment behind the webhook's Service, and the port of its pods.
func (h *hook) connect(services []corev1.Service, deployments []appsv1.Deployment) error {
	if h.unsayable != "" {
		return fmt.Errorf("OLM has no %s: use objectSelector, or decide in the handler", h.unsayable)
	}
	reference := h.client.Service
	h.definition.WebhookPath, h.definition.ContainerPort = reference.Path, 443
	if reference.Port != nil {
		h.definition.ContainerPort = *reference.Port
	}
	for _, s := range services {
		if s.Name != reference.Name {
			continue
		}
		for _, d := range deployments {
			if labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(d.Spec.Template.Labels)) {
				h.definition.DeploymentName = d.Name
				h.definition.TargetPort = targetPort(s, h.definition.ContainerPort, d)
			}
		}
	}
	if h.definition.DeploymentName == "" || h.definition.TargetPort == nil {
		return fmt.Errorf("no Deployment behind port %d of its Service %s", h.definition.ContainerPort, reference.Name)
	}
	return nil
}

// targetPort is the number of the container's port, since OLM's own Service knows no names. nil when there is none.
func targetPort(s corev1.Service, port int32, d appsv1.Deployment) *intstr.IntOrString {
	for _, p := range s.Spec.Ports {
		if p.Port != port {
			continue
		}
		if p.TargetPort.Type == intstr.Int {
			return &p.TargetPort
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			for _, named := range c.Ports {
				if named.Name == p.TargetPort.StrVal {
					number := intstr.FromInt32(named.ContainerPort)
					return &number
				}
			}
		}
	}
	return nil
}
