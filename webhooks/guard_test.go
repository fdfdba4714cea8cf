package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	v1 "github.com/promloop/promloop/api/v1"
)

// served serves one handler behind its guard, as Setup does.
func served(t *testing.T, o Options, h admission.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(newGuard((&admission.Webhook{Handler: h}).WithRecoverPanic(true), o))
	t.Cleanup(s.Close)
	return s
}

func review(t testing.TB, kind string, raw []byte) []byte {
	t.Helper()
	return update(t, kind, bytes.ReplaceAll(raw, []byte(`"up"`), []byte(`"0"`)), raw)
}

// update is the review of an update from old to now.
func update(t testing.TB, kind string, old, now []byte) []byte {
	t.Helper()
	req := request(t, kind, json.RawMessage(old), json.RawMessage(now))
	r := admissionv1.AdmissionReview{Request: &req.AdmissionRequest}
	r.SetGroupVersionKind(admissionv1.SchemeGroupVersion.WithKind("AdmissionReview"))
	r.Request.UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
	return encoded(t, r)
}

func post(t testing.TB, url string, body io.Reader) (int, admissionv1.AdmissionReview) {
	t.Helper()
	resp, err := http.Post(url, "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var r admissionv1.AdmissionReview
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(data, &r) // a plain answer has no review; the status tells
	return resp.StatusCode, r
}

// An object of any size is answered at once, with the limit in the message, and refused, not left unjudged. The reviews are of
// updates, which carry the old object too.
func TestF63_HugeObjects(t *testing.T) {
	hook := newGuard(&admission.Webhook{Handler: reviewer(t, selectAll("main", nil))[upstreamValidatePath]}, testOptions())
	for _, size := range []int{1_400_000, 2_900_000, 3_100_000} {
		body := review(t, "PrometheusRule", encoded(t, padded(size)))
		for name, length := range map[string]int64{"with its length": int64(len(body)), "without its length": -1} {
			took, memory := time.Hour, math.MaxInt
			for range 20 { // the best of them, since a busy machine makes some slow
				if took <= 50*time.Millisecond && memory <= 30<<20 {
					break
				}
				answer, d, m := measured(t, hook, body, length)
				var r admissionv1.AdmissionReview
				if err := json.Unmarshal(answer, &r); err != nil || r.Response == nil || r.Response.Allowed || !strings.Contains(r.Response.Result.Message, "1310720") {
					t.Fatalf("%d bytes %s: %.300s", size, name, answer)
				}
				if r.Response.UID != "705ab4f5-6393-11e8-b7cc-42010a800002" {
					t.Errorf("%d bytes %s: the answer is for review %q", size, name, r.Response.UID)
				}
				took, memory = min(took, d), min(memory, m)
			}
			if took > 50*time.Millisecond || memory > 30<<20 {
				t.Errorf("%d bytes %s: answered after %s, with %d bytes of memory", size, name, took, memory)
			}
		}
	}
}

// What is too large and stands all the same can be touched and deleted, but not changed.
func TestF63_LargeObjectThatStands(t *testing.T) {
	hook := newGuard(&admission.Webhook{Handler: reviewer(t, selectAll("main", nil))[upstreamValidatePath]}, testOptions())
	stands := padded(1_500_000)
	touched, leaving, changed := annotated(padded(1_500_000)), deleting(padded(1_500_000)), padded(1_490_000)
	for name, tc := range map[string]struct {
		now     *v1.PrometheusRule
		allowed bool
	}{
		"touched": {touched, true}, "leaving": {leaving, true}, "leaving and changed": {deleting(padded(1_490_000)), true}, "changed": {changed, false},
	} {
		body := update(t, "PrometheusRule", encoded(t, stands), encoded(t, tc.now))
		answer, _, memory := measured(t, hook, body, int64(len(body)))
		if got := strings.Contains(string(answer), `"allowed":true`); got != tc.allowed || memory > 30<<20 {
			t.Errorf("%s: want allowed to be %t, with %d bytes of memory: %.300s", name, tc.allowed, memory, answer)
		}
		if !strings.Contains(string(answer), "the limit is 1310720") {
			t.Errorf("%s: want the limit told: %.300s", name, answer)
		}
	}
}

// Of a subresource, such as the status, nothing is judged, its object's size neither.
func TestF63_LargeObjectOfASubresource(t *testing.T) {
	hook := newGuard(&admission.Webhook{Handler: reviewer(t, selectAll("main", nil))[upstreamValidatePath]}, testOptions())
	body := review(t, "PrometheusRule", encoded(t, padded(1_400_000)))
	status := bytes.Replace(body, []byte(`"operation":`), []byte(`"subResource":"status","operation":`), 1)
	if answer, _, _ := measured(t, hook, status, int64(len(status))); !strings.Contains(string(answer), `"allowed":true`) {
		t.Errorf("%.300s", answer)
	}
}

// An object just below the limit is judged, in bounded memory.
func TestF63_LargeObject(t *testing.T) {
	hook := newGuard(&admission.Webhook{Handler: reviewer(t, selectAll("main", nil))[upstreamValidatePath]}, testOptions())
	body := review(t, "PrometheusRule", encoded(t, padded(900_000)))
	answer, _, memory := measured(t, hook, body, int64(len(body)))
	if !strings.Contains(string(answer), `"allowed":true`) || memory > 30<<20 {
		t.Errorf("answered with %d bytes of memory: %.300s", memory, answer)
	}
}

// measured has a review answered, and returns the answer, how much time of a processor it took and by how much the process grew.
func measured(t *testing.T, hook http.Handler, body []byte, length int64) ([]byte, time.Duration, int) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.ContentLength = length
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	debug.FreeOSMemory()
	memory, start := resident(t), processorTime(t)
	hook.ServeHTTP(w, r)
	return w.Body.Bytes(), processorTime(t) - start, resident(t) - memory
}

// resident is what this process has of the machine's memory, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	var size, pages int
	data, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(data), &size, &pages)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// Whoever comes on top of the reviews that are judged is sent away at once, and those are judged all the same.
func TestF79_Flood(t *testing.T) {
	t.Parallel()
	o := testOptions()
	o.MaxConcurrent = 4
	release := make(chan struct{})
	s := served(t, o, admission.HandlerFunc(func(_ context.Context, _ admission.Request) admission.Response {
		<-release
		return admission.Allowed("")
	}))
	body := review(t, "PrometheusRule", encoded(t, ruleObject("up")))
	statuses := make(chan int, 64)
	var callers sync.WaitGroup
	for range cap(statuses) {
		callers.Go(func() {
			resp, err := http.Post(s.URL, "application/json", bytes.NewReader(body))
			if err != nil {
				statuses <- 0
				return
			}
			resp.Body.Close()
			statuses <- resp.StatusCode
		})
	}
	count := map[int]int{}
	for range cap(statuses) - o.MaxConcurrent {
		count[<-statuses]++ // these come while the judged ones wait
	}
	close(release)
	callers.Wait()
	for range o.MaxConcurrent {
		count[<-statuses]++
	}
	if count[http.StatusOK] != o.MaxConcurrent || count[http.StatusTooManyRequests] != cap(statuses)-o.MaxConcurrent {
		t.Errorf("want %d judged and all others sent away, got %v", o.MaxConcurrent, count)
	}
}

// Two hundred reviews of nearly a MiB at once are all answered, and leave nothing behind.
func TestF79_FloodOfLargeReviews(t *testing.T) {
	o := testOptions()
	o.ReadTimeout = time.Minute // a busy machine is no slow caller
	s := served(t, o, reviewer(t, selectAll("main", nil))[upstreamValidatePath])
	body := review(t, "PrometheusRule", encoded(t, padded(450_000))) // the old object is in it too
	flood := func() map[int]int {
		var mu sync.Mutex
		var callers sync.WaitGroup
		count := map[int]int{}
		for range 200 {
			callers.Go(func() {
				status := http.StatusTooManyRequests // a connection that is cut off says the same
				if resp, err := http.Post(s.URL, "application/json", bytes.NewReader(body)); err == nil {
					status = resp.StatusCode
					resp.Body.Close()
				}
				mu.Lock()
				defer mu.Unlock()
				count[status]++
			})
		}
		callers.Wait()
		return count
	}
	first := flood()
	between := inUse()
	second := flood()
	grown := int64(inUse()) - int64(between)
	for _, count := range []map[int]int{first, second} {
		if count[http.StatusOK] == 0 || count[http.StatusOK]+count[http.StatusTooManyRequests] != 200 {
			t.Errorf("want every review judged or sent away: %v", count)
		}
	}
	if grown > 20<<20 {
		t.Errorf("a second flood leaves %d bytes more than the first", grown)
	}
	if status, r := post(t, s.URL, bytes.NewReader(body)); status != http.StatusOK || !r.Response.Allowed {
		t.Errorf("after the flood all is as before: %d", status)
	}
}

func inUse() uint64 {
	http.DefaultClient.CloseIdleConnections()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The most expensive objects within the limits are judged within a second.
func TestF79_WorstReviews(t *testing.T) {
	hook := reviewer(t, selectAll("main", nil))[upstreamValidatePath]
	many, operators, nested := ruleObject(), ruleObject(), ruleObject()
	many.Spec.Groups = nil
	for i := range 10 {
		o := ruleObject(slices.Repeat([]string{"a"}, 1900)...)
		o.Spec.Groups[0].Name = fmt.Sprint(i)
		many.Spec.Groups = append(many.Spec.Groups, o.Spec.Groups...)
	}
	parenthesized := strings.Repeat("(", 127) + "x" + strings.Repeat(")", 127)
	for range 58 {
		operators.Spec.Groups[0].Rules = append(operators.Spec.Groups[0].Rules, ruleObject("x" + strings.Repeat(" +  aaaaaaaaaaa", 999)).Spec.Groups[0].Rules...)
		nested.Spec.Groups[0].Rules = append(nested.Spec.Groups[0].Rules, ruleObject(strings.Repeat(parenthesized+"+", 60) + "x").Spec.Groups[0].Rules...)
	}
	for name, o := range map[string]*v1.PrometheusRule{"many rules": many, "many operators": operators, "much nesting": nested} {
		req := request(t, "PrometheusRule", nil, o)
		took := time.Hour
		for range 3 {
			start := processorTime(t)
			if resp := hook.Handle(t.Context(), req); !resp.Allowed {
				t.Fatalf("%s: %s", name, resp.Result.Message)
			}
			took = min(took, processorTime(t)-start)
		}
		if took > time.Second {
			t.Errorf("%s: judged in %s", name, took)
		}
	}
}

// processorTime is what this process has used. On a busy machine it says more than the clock does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Nobody is judged for a caller that has left.
func TestF79_CallerLeaves(t *testing.T) {
	t.Parallel()
	prometheuses := make([]client.Object, 50)
	for i := range prometheuses {
		prometheuses[i] = selectAll(fmt.Sprintf("p%d", i), func(s *v1.PrometheusSpec) { s.EnforcedNamespaceLabel = fmt.Sprintf("label_%d", i) })
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	resp := reviewer(t, prometheuses...)[upstreamValidatePath].Handle(gone, request(t, "PrometheusRule", nil, ruleObject("up")))
	if resp.Allowed || !strings.Contains(resp.Result.Message, context.Canceled.Error()) {
		t.Errorf("want the work given up: %+v", resp)
	}
}

// A caller that sends slowly is cut off, and holds up nobody.
func TestF79_SlowCaller(t *testing.T) {
	t.Parallel()
	o := testOptions()
	o.ReadTimeout = 200 * time.Millisecond
	s := served(t, o, reviewer(t)[upstreamValidatePath])
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if status, r := post(t, s.URL, bytes.NewReader(review(t, "PrometheusRule", encoded(t, ruleObject("up"))))); status != http.StatusOK || !r.Response.Allowed {
		t.Errorf("others are judged meanwhile: %d", status)
	}
	start := time.Now()
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "408") || time.Since(start) > 5*time.Second {
		t.Errorf("want the connection closed with 408 after the time limit: %v %s", err, answer)
	}
}

// What is no review of ours is refused, without a word of its content.
func TestF79_ForeignReviews(t *testing.T) {
	t.Parallel()
	s := served(t, testOptions(), reviewer(t)[upstreamValidatePath])
	deep := `{"spec":{"groups":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`
	ordinary := string(review(t, "PrometheusRule", []byte(`"object"`)))
	for name, body := range map[string][]byte{
		"deep":         []byte(strings.ReplaceAll(ordinary, `"object":"object"`, `"object":`+deep)),
		"foreign kind": review(t, "Secret", []byte(`{"data":{"password":"hunter2"}}`)),
		"no review":    []byte(`{"password":"hunter2"}`),
		"no JSON":      []byte("hunter2"),
		"wrong types":  review(t, "PrometheusRule", []byte(`{"spec":{"groups":"hunter2"}}`)),
	} {
		_, r := post(t, s.URL, bytes.NewReader(body))
		if r.Response == nil || r.Response.Allowed {
			t.Errorf("%s: want a refusal, got %+v", name, r.Response)
			continue
		}
		if strings.Contains(r.Response.Result.Message, "hunter2") {
			t.Errorf("%s: the message repeats the object: %s", name, r.Response.Result.Message)
		}
	}
	resp, err := http.Post(s.URL, "text/plain", bytes.NewReader(review(t, "PrometheusRule", encoded(t, ruleObject("up")))))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); strings.Contains(string(answer), `"allowed":true`) {
		t.Errorf("another content type is no review: %s", answer)
	}
}
