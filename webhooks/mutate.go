package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// validatedAnnotation is what upstream's mutating webhook puts on every PrometheusRule that it has seen.
const validatedAnnotation = "prometheus-operator-validated"

// looseRule is as much of a PrometheusRule as mutateRule looks at, before the API server has checked any types.
type looseRule struct {
	Metadata struct {
		Annotations map[string]any `json:"annotations"`
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

// mutateRule does what upstream's mutating webhook does, for webhook configurations of an existing installation: it turns values
// of labels and annotations into strings, and marks the object as seen. promloop itself registers no mutating webhook.
func mutateRule(_ context.Context, req admission.Request) admission.Response {
	var rule looseRule
	if err := json.Unmarshal(req.Object.Raw, &rule); err != nil {
		return refusal(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "the object can't be decoded: "+cut(err.Error()))
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
		if _, text := values[key].(string); text {
			continue
		}
		escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		patches = append(patches, jsonpatch.NewOperation("replace", path+"/"+escaped, fmt.Sprint(values[key])))
	}
	return patches
}
