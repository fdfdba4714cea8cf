package chart

import (
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// option is a switch <Value>.enabled over some objects.
type option struct {
	Value string
	About string
	of    func(tree.Object) bool
	More  []setting
}

// setting is a value beside enabled.
type setting struct {
	Name, About     string
	Default, Schema string // the latter in JSON
	// into puts the value, which action yields, into an object of the option; nil where that is done elsewhere.
	into func(o tree.Object, m *markers, action string) error
}

// options are all switches. What none of them takes is always installed.
func options() []option {
	return []option{
		{"networkPolicies", "What may reach the operator, and what it may reach.", kind("NetworkPolicy"), nil},
		{"podDisruptionBudget", "Keeps one replica while nodes are drained.", kind("PodDisruptionBudget"), nil},
		{"serviceMonitor", "Has the operator scraped by a Prometheus that selects this namespace, from a namespace labelled metrics=enabled.",
			kind("ServiceMonitor"), labels("More labels, such as those that your Prometheus selects monitors by.")},
		{"prometheusRule", "Alerts on the operator and on the way from a change to its reload.",
			kind("PrometheusRule"), labels("More labels, such as those that your Prometheus selects rules by.")},
		{"dashboard", "Dashboard for a Grafana whose sidecar looks for the label grafana_dashboard.", kind("ConfigMap"), labels("More labels.")},
		{"userRoles", "Adds the kinds to the roles admin, edit and view.", aggregated, nil},
		{"admissionPolicy", "Limits what the operator may change of a pod.", kind("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"), nil},
		{webhook, "Refuses objects that Prometheus would refuse, and turns numbers in labels of rules into text.",
			func(o tree.Object) bool { return strings.Contains(o.GetName()+"-", "-webhook-") },
			[]setting{{
				Name: "certManager", About: "Has cert-manager, which must be there, keep the certificate instead of the operator.",
				Default: "{enabled: false}", Schema: `{"type": "object", "additionalProperties": false, "properties": {"enabled": {"type": "boolean"}}}`,
			}, {
				Name: "failurePolicy", About: "What becomes of an object that no replica can review: Ignore lets it pass, to be judged later; Fail refuses it.",
				Default: "Ignore", Schema: `{"enum": ["Ignore", "Fail"]}`, into: setFailurePolicy,
			}}},
	}
}

// webhook is the switch that the operator has to be told of.
const webhook = "webhook"

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

// labels is a setting of more labels than the objects have.
func labels(about string) []setting {
	return []setting{{
		Name: "labels", About: about, Default: "{}", Schema: `{"type": "object", "additionalProperties": {"type": "string"}}`,
		into: func(o tree.Object, m *markers, action string) error {
			return unstructured.SetNestedField(o.Object, "", "metadata", "labels", m.put("ENTRIES", action))
		},
	}}
}

// setFailurePolicy sets it in every webhook of a configuration. The other objects of the option have none.
func setFailurePolicy(o tree.Object, m *markers, action string) error {
	if !kind("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")(o) {
		return nil
	}
	hooks, _, err := unstructured.NestedSlice(o.Object, "webhooks")
	if err != nil {
		return err
	}
	for _, h := range hooks {
		hook, ok := h.(map[string]any)
		if !ok {
			return errors.New("a webhook is no object")
		}
		hook["failurePolicy"] = m.put("MARKER", action)
	}
	return unstructured.SetNestedSlice(o.Object, hooks, "webhooks")
}
