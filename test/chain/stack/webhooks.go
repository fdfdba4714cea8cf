package stack

import (
	"fmt"
	"os"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"
)

// SkipAdmission is the label of an object that the webhooks do not review, as it ships with them.
const SkipAdmission = "promloop.dev/admission"

// webhookConfigurations are those that the operator ships with. envtest has the API server call the operator's process directly,
// since nothing stands for a Service here.
func webhookConfigurations() (envtest.WebhookInstallOptions, error) {
	data, err := os.ReadFile(Source("config", "webhook", "manifests.yaml"))
	if err != nil {
		return envtest.WebhookInstallOptions{}, err
	}
	var validating admissionv1.ValidatingWebhookConfiguration
	var mutating admissionv1.MutatingWebhookConfiguration
	for document := range strings.SplitSeq(strings.TrimPrefix(string(data), "---\n"), "\n---\n") {
		into := any(&validating)
		if strings.Contains(document, "kind: MutatingWebhookConfiguration") {
			into = &mutating
		}
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			return envtest.WebhookInstallOptions{}, fmt.Errorf("reading the webhook configurations: %w", err)
		}
	}
	skip := metav1.LabelSelectorRequirement{Key: SkipAdmission, Operator: metav1.LabelSelectorOpNotIn, Values: []string{"skip"}}
	selector := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{skip}}
	for i := range validating.Webhooks {
		validating.Webhooks[i].ObjectSelector = selector
	}
	for i := range mutating.Webhooks {
		mutating.Webhooks[i].ObjectSelector = selector
	}
	return envtest.WebhookInstallOptions{
		ValidatingWebhooks: []*admissionv1.ValidatingWebhookConfiguration{&validating},
		MutatingWebhooks:   []*admissionv1.MutatingWebhookConfiguration{&mutating},
	}, nil
}
