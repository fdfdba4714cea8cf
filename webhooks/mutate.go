package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	v1 "github.com/promloop/promloop/api/v1"
)

// validatedAnnotation is what upstream's mutating webhook puts on every PrometheusRule that it has seen.
const validatedAnnotation = "prometheus-operator-validated"

// looseRule is as much of a PrometheusRule as mutateRule looks at, before the API server has checked any types.
type looseRule struct {
	Metadata struct {
		DeletionTimestamp *metav1.Time   `json:"deletionTimestamp"`
		Annotations       map[string]any `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Groups []struct {
			Rules []struct {
				Labels      map[string]any `json:"labels"`
				Annotations map[string]any `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	} `json:"spec"`
}

// The name contains that of the webhook that validates, since a rule is too large for both of them.
// +kubebuilder:webhook:path=/admission-prometheusrules/mutate,mutating=true,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=prometheusrules,verbs=create;update,versions=v1,name=mutate.prometheusrules.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=5

// mutateRule does what upstream's mutating webhook does, before the API server checks the types: it turns values of labels and
// annotations into strings, and marks the object as seen.
func mutateRule(_ context.Context, req admission.Request) admission.Response {
	if resp, answered := unrelated(v1.GroupVersion.WithKind("PrometheusRule").GroupKind(), req); answered {
		return resp
	}
	var rule looseRule
	decoder := json.NewDecoder(bytes.NewReader(req.Object.Raw))
	decoder.UseNumber() // 1234567890 is no 1.23456789e+09
	if decoder.Decode(&rule) != nil || rule.Metadata.DeletionTimestamp != nil {
		return admission.Allowed("") // what is wrong with its types the API server says next, and better
	}
	var patches []jsonpatch.Operation
	for i, g := range rule.Spec.Groups {
		for k, r := range g.Rules {
			path := fmt.Sprintf("/spec/groups/%d/rules/%d", i, k)
			patches = append(patches, stringify(path+"/labels", r.Labels)...)
			patches = append(patches, stringify(path+"/annotations", r.Annotations)...)
		}
	}
	if rule.Metadata.Annotations == nil {
		patches = append(patches, jsonpatch.NewOperation("add", "/metadata/annotations", map[string]any{}))
	}
	patches = append(patches, jsonpatch.NewOperation("add", "/metadata/annotations/"+validatedAnnotation, "true"))
	return admission.Patched("", patches...)
}

// stringify replaces values that are no strings by their text.
func stringify(path string, values map[string]any) []jsonpatch.Operation {
	var patches []jsonpatch.Operation
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, text := values[key].(string); text || values[key] == nil {
			continue
		}
		escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		patches = append(patches, jsonpatch.NewOperation("replace", path+"/"+escaped, fmt.Sprint(values[key])))
	}
	return patches
}
