package stack

import (
	"fmt"
	"os"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"
)

// SkipAdmission is the label of an object that the webhooks do not review, as it ships with them.
const SkipAdmission = "promloop.dev/admission"

// webhookConfiguration is the one that the operator ships with. envtest has the API server call the operator's process directly,
// since nothing stands for a Service here.
func webhookConfiguration() (envtest.WebhookInstallOptions, error) {
	data, err := os.ReadFile(Source("config", "webhook", "manifests.yaml"))
	if err != nil {
		return envtest.WebhookInstallOptions{}, err
	}
	var c admissionv1.ValidatingWebhookConfiguration
	if err := yaml.UnmarshalStrict(data, &c); err != nil {
		return envtest.WebhookInstallOptions{}, fmt.Errorf("reading the webhook configuration: %w", err)
	}
	skip := metav1.LabelSelectorRequirement{Key: SkipAdmission, Operator: metav1.LabelSelectorOpNotIn, Values: []string{"skip"}}
	for i := range c.Webhooks {
		c.Webhooks[i].ObjectSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{skip}}
	}
	return envtest.WebhookInstallOptions{ValidatingWebhooks: []*admissionv1.ValidatingWebhookConfiguration{&c}}, nil
}
