package webhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"
)

// guard bounds what callers can make a handler do: how many reviews are read and judged at once, how long a caller may take to
// send one, and how large it may be. A caller that asks too much is told so at once; nothing queues up behind a hostile caller.
type guard struct {
	next     http.Handler
	reading  chan struct{} // one entry per review that is being received
	judging  chan struct{} // one entry per review that is being judged
	maxBytes int64         // of a review, which holds the old and the new object
	readTime time.Duration
	// objectBytes is the limit of one object, for the message.
	objectBytes int
}

const (
	// reviewOverhead is what a review has besides its objects: user, groups and options, generously.
	reviewOverhead = 64 << 10
	// storedBytes is the largest object that can stand. An update of one that stands is read, whatever the limit of a new one is:
	// it may be its way out. Source: the limit of a request to etcd.
	storedBytes = 3 << 19
)

func newGuard(next http.Handler, o Options) *guard {
	return &guard{
		next: next, reading: make(chan struct{}, 4*o.MaxConcurrent), judging: make(chan struct{}, o.MaxConcurrent),
		maxBytes: int64(2*max(o.Limits.ObjectBytes, storedBytes) + reviewOverhead), readTime: o.ReadTimeout, objectBytes: o.Limits.ObjectBytes,
	}
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !enter(g.reading) {
		busy(w)
		return
	}
	body, err := g.read(w, r)
	<-g.reading
	if tooMuch, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuseUnread(w, body, int(max(r.ContentLength, tooMuch.Limit)), g.objectBytes)
		return
	}
	if err != nil {
		http.Error(w, "the review did not arrive in time", http.StatusRequestTimeout)
		return
	}
	if size, refused := g.oversized(body); refused {
		refuseUnread(w, body, size, g.objectBytes)
		return
	}
	if !enter(g.judging) {
		busy(w)
		return
	}
	defer func() { <-g.judging }()
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.next.ServeHTTP(w, r)
}

// oversized reports how large the object of a review is, and whether that alone refuses it, before anything is decoded.
func (g *guard) oversized(body []byte) (size int, refused bool) {
	if len(body) <= g.objectBytes {
		return 0, false
	}
	now := rawMember(body, "request", "object")
	if len(now) <= g.objectBytes || rawMember(body, "request", "subResource") != nil {
		return len(now), false
	}
	return len(now), !mayStand(rawMember(body, "request", "oldObject"), now)
}

// read returns the body. Of one that is too large it returns the beginning.
func (g *guard) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A server that can't set deadlines is a test's recorder; its bodies don't wait.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.readTime))
	limit := g.maxBytes
	if r.ContentLength > limit {
		limit = beginning
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

// beginning is as much of a review as is read to find its identity.
const beginning = 4 << 10

func enter(places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
		return false
	}
}

func busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "too many reviews at once; the object will be judged by the reconciler", http.StatusTooManyRequests)
}

// refuseUnread refuses a review that is not decoded. A review is refused by an answer that names it: any other answer would
// count as a webhook that is down, and let the object pass.
func refuseUnread(w http.ResponseWriter, body []byte, size, limit int) {
	uid := reviewUID(body)
	if uid == "" {
		http.Error(w, "the review is too large", http.StatusRequestEntityTooLarge)
		return
	}
	resp := tooLarge(size, limit)
	resp.UID = uid
	review := admissionv1.AdmissionReview{Response: &resp.AdmissionResponse}
	review.SetGroupVersionKind(admissionv1.SchemeGroupVersion.WithKind("AdmissionReview"))
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(review); err != nil {
		panic(http.ErrAbortHandler) // the caller has left
	}
}

// reviewUID finds request.uid, in the beginning of a review too; "" where it is not there.
func reviewUID(body []byte) (uid types.UID) {
	if json.Unmarshal(rawMember(body, "request", "uid"), &uid) != nil {
		return ""
	}
	return uid
}
