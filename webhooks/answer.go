package webhooks

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Refusal is one reason to refuse an object.
type Refusal struct {
	// Field is the place in the object, for example spec.endpoints[0].interval.
	Field string
	// Message says what is wrong there, and what to do.
	Message string
}

func (r Refusal) String() string {
	if r.Field == "" {
		return r.Message
	}
	return r.Field + ": " + r.Message
}

// Answer is what a judge says of one object. Without refusals the object is allowed.
type Answer struct {
	Refusals []Refusal
	// Warnings are shown to whoever applies the object.
	Warnings []string
}

func (a *Answer) refuse(field, format string, args ...any) {
	a.Refusals = append(a.Refusals, Refusal{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (a *Answer) warn(format string, args ...any) {
	a.Warnings = append(a.Warnings, fmt.Sprintf(format, args...))
}

// forgive makes warnings of the refusals that before has too.
func (a *Answer) forgive(before Answer) {
	a.Refusals = slices.DeleteFunc(a.Refusals, func(r Refusal) bool {
		old := slices.Contains(before.Refusals, r)
		if old {
			a.warn("wrong as before: %s", r)
		}
		return old
	})
}

// Bounds of one answer. A refusal may quote what it refuses. Kubernetes cuts warnings off at 4096 bytes in all.
const (
	refusalsTold = 20
	refusalBytes = 2000
	warningsTold = 10
	warningBytes = 400
)

// response puts every refusal into one message, a line each, and into the causes for programs to read.
func (a Answer) response() admission.Response {
	resp := admission.Allowed("")
	if len(a.Refusals) > 0 {
		// Forbidden, because kubectl then says which webhook refused; of what is invalid it shows the message alone.
		resp = refusal(http.StatusForbidden, metav1.StatusReasonForbidden, a.message())
		resp.Result.Details = &metav1.StatusDetails{Causes: a.causes()}
	}
	for i, warning := range a.Warnings {
		if i == warningsTold {
			resp.Warnings = append(resp.Warnings, fmt.Sprintf("and %d more warnings", len(a.Warnings)-warningsTold))
			break
		}
		resp.Warnings = append(resp.Warnings, cut(warning, warningBytes))
	}
	return resp
}

func (a Answer) message() string {
	lines := make([]string, 0, refusalsTold+1)
	for i, r := range a.Refusals {
		if i == refusalsTold {
			lines = append(lines, fmt.Sprintf("and %d more", len(a.Refusals)-refusalsTold))
			break
		}
		lines = append(lines, cut(r.String(), refusalBytes))
	}
	return strings.Join(lines, "\n")
}

func (a Answer) causes() []metav1.StatusCause {
	causes := make([]metav1.StatusCause, 0, min(len(a.Refusals), refusalsTold))
	for _, r := range a.Refusals[:min(len(a.Refusals), refusalsTold)] {
		causes = append(causes, metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Field: r.Field, Message: cut(r.Message, refusalBytes)})
	}
	return causes
}

func refusal(code int32, reason metav1.StatusReason, message string) admission.Response {
	return admission.Response{AdmissionResponse: admissionv1.AdmissionResponse{
		Result: &metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message},
	}}
}

// cut makes one line of s, and shortens it at a character.
func cut(s string, most int) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
