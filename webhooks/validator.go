package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
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
	// same reports whether an update leaves what is judged as it was. Then it is let through, so that an annotation, a
	// finalizer or a deletion never hangs on what was accepted once.
	same func(old, new P) bool
	// judge must not keep or change the object. Its error means that it can't be judged just now.
	judge func(ctx context.Context, o P) (Answer, error)
}

// Handle implements admission.Handler.
func (v *validator[T, P]) Handle(ctx context.Context, req admission.Request) admission.Response {
	if got := (schema.GroupKind{Group: req.Kind.Group, Kind: req.Kind.Kind}); got != v.kind {
		return refusal(http.StatusBadRequest, metav1.StatusReasonBadRequest, fmt.Sprintf("this path reviews %s, not %s", v.kind, got))
	}
	if req.Operation != admissionv1.Create && req.Operation != admissionv1.Update || req.SubResource != "" {
		return admission.Allowed("")
	}
	if size := len(req.Object.Raw); size > v.maxBytes {
		return tooLarge(size, v.maxBytes)
	}
	o, resp := decode[T, P](req.Object.Raw)
	if o == nil || !o.GetDeletionTimestamp().IsZero() {
		return resp
	}
	if old, _ := decode[T, P](req.OldObject.Raw); old != nil && v.same(old, o) {
		return admission.Allowed("")
	}
	answer, err := v.judge(ctx, o)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, fmt.Errorf("the object can't be judged just now: %w", err))
	}
	return answer.response()
}

// decode reads an object, or answers that it is none. Without text there is no object.
func decode[T any, P object[T]](raw []byte) (P, admission.Response) {
	if len(raw) == 0 {
		return nil, refusal(http.StatusBadRequest, metav1.StatusReasonBadRequest, "the review has no object")
	}
	o := P(new(T))
	if err := json.Unmarshal(raw, o); err != nil {
		return nil, refusal(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "the object can't be decoded: "+cut(err.Error()))
	}
	return o, admission.Allowed("")
}

func tooLarge(size, limit int) admission.Response {
	return refusal(http.StatusRequestEntityTooLarge, metav1.StatusReasonRequestEntityTooLarge, fmt.Sprintf(
		"the object has %d bytes, the limit is %d; spread it over several objects", size, limit))
}
