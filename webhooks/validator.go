package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// object is a pointer to T that Kubernetes can hold.
type object[T any] interface {
	*T
	client.Object
}

// validator reviews objects of one kind: it decodes them and asks judge.
type validator[T any, P object[T]] struct {
	kind     schema.GroupKind
	maxBytes int
	// spec is what of an object is judged. An update that leaves it as it was is never refused for it, so that an annotation, a
	// finalizer, a label or a deletion never fails for an old mistake.
	spec func(P) any
	// judge must not keep or change the object. Its error means that it can't be judged just now.
	judge func(ctx context.Context, o P) (Answer, error)
}

// unrelated answers what a path for objects of one kind has nothing to say to: another kind, a deletion, a status.
func unrelated(kind schema.GroupKind, req admission.Request) (resp admission.Response, answered bool) {
	if got := (schema.GroupKind{Group: req.Kind.Group, Kind: req.Kind.Kind}); got != kind {
		return refusal(http.StatusBadRequest, metav1.StatusReasonBadRequest, fmt.Sprintf("this path reviews %s, not %s", kind, got)), true
	}
	written := req.Operation == admissionv1.Create || req.Operation == admissionv1.Update
	return admission.Allowed(""), !written || req.SubResource != ""
}

// Handle implements admission.Handler.
func (v *validator[T, P]) Handle(ctx context.Context, req admission.Request) admission.Response {
	if resp, answered := unrelated(v.kind, req); answered {
		return resp
	}
	if size := len(req.Object.Raw); size > v.maxBytes {
		if !beyondSpec(req) {
			return tooLarge(size, v.maxBytes)
		}
		return admission.Allowed("").WithWarnings(cut(tooLarge(size, v.maxBytes).Result.Message, warningBytes))
	}
	o, resp := decode[T, P](req.Object.Raw)
	if o == nil || !o.GetDeletionTimestamp().IsZero() {
		return resp
	}
	old, _ := decode[T, P](req.OldObject.Raw)
	if old == nil || !equality.Semantic.DeepEqual(v.spec(old), v.spec(o)) {
		old = nil // another spec is judged for itself
	} else if equality.Semantic.DeepEqual(old.GetLabels(), o.GetLabels()) {
		return admission.Allowed("") // the labels count: they decide who selects the object
	}
	answer, err := v.review(ctx, old, o)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, fmt.Errorf("the object can't be judged just now: %w", err))
	}
	return answer.response()
}

// review judges o. What is as wrong in old, which may be nil, is only warned of.
func (v *validator[T, P]) review(ctx context.Context, old, o P) (Answer, error) {
	answer, err := v.judge(ctx, o)
	if err != nil || old == nil || len(answer.Refusals) == 0 {
		return answer, err
	}
	before, err := v.judge(ctx, old)
	answer.forgive(before)
	return answer, err
}

// mayStand reports whether an object that is too large may be on its way out, or differ from the old one by its metadata alone. It says
// so without decoding: what comes first in an object is its metadata.
func mayStand(old, now []byte) bool {
	return bytes.Contains(now, []byte(`"deletionTimestamp"`)) || bytes.HasSuffix(old, now[len(now)*3/4:])
}

// beyondSpec reports whether a review is of an object on its way out, or of an update that leaves the spec as it was. It is asked
// about objects that are too large, so it decodes only what may be one of these.
func beyondSpec(req admission.Request) bool {
	if req.Operation != admissionv1.Update || !mayStand(req.OldObject.Raw, req.Object.Raw) {
		return false
	}
	var old, now struct {
		Metadata struct {
			DeletionTimestamp *metav1.Time `json:"deletionTimestamp"`
		} `json:"metadata"`
		Spec json.RawMessage `json:"spec"`
	}
	if json.Unmarshal(req.Object.Raw, &now) != nil || json.Unmarshal(req.OldObject.Raw, &old) != nil {
		return false
	}
	return now.Metadata.DeletionTimestamp != nil || bytes.Equal(old.Spec, now.Spec)
}

// decode reads an object, or answers that it is none. Without text there is no object.
func decode[T any, P object[T]](raw []byte) (P, admission.Response) {
	if len(raw) == 0 {
		return nil, refusal(http.StatusBadRequest, metav1.StatusReasonBadRequest, "the review has no object")
	}
	o := P(new(T))
	if err := json.Unmarshal(raw, o); err != nil {
		return nil, refusal(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "the object can't be decoded: "+cut(err.Error(), warningBytes))
	}
	return o, admission.Allowed("")
}

func tooLarge(size, limit int) admission.Response {
	return refusal(http.StatusRequestEntityTooLarge, metav1.StatusReasonRequestEntityTooLarge, fmt.Sprintf(
		"the object has %d bytes, the limit is %d; spread it over several objects", size, limit))
}
