package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
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
	req := request(t, kind, nil, json.RawMessage(raw))
	r := admissionv1.AdmissionReview{Request: &req.AdmissionRequest}
	r.SetGroupVersionKind(admissionv1.SchemeGroupVersion.WithKind("AdmissionReview"))
	r.Request.UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
	r.Request.OldObject = runtime.RawExtension{Raw: raw}
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

// F63: an object of any size is answered at once, with the limit in the message, and refused, not left unjudged.
func TestHugeObjects(t *testing.T) {
	t.Parallel()
	s := served(t, testOptions(), reviewer(t, selectAll("main", nil))[upstreamValidatePath])
	for _, size := range []int{1_400_000, 2_900_000, 3_100_000} {
		for name, body := range map[string]io.Reader{
			"with its length":    bytes.NewReader(review(t, "PrometheusRule", encoded(t, padded(size)))),
			"without its length": struct{ io.Reader }{bytes.NewReader(review(t, "PrometheusRule", encoded(t, padded(size))))},
		} {
			start := time.Now()
			status, r := post(t, s.URL, body)
			took := time.Since(start)
			if status != http.StatusOK || r.Response == nil || r.Response.Allowed || !strings.Contains(r.Response.Result.Message, "1310720") {
				t.Fatalf("%d bytes %s: status %d, %+v", size, name, status, r.Response)
			}
			if r.Response.UID != "705ab4f5-6393-11e8-b7cc-42010a800002" {
				t.Errorf("%d bytes %s: the answer is for review %q", size, name, r.Response.UID)
			}
			if took > 500*time.Millisecond {
				t.Errorf("%d bytes %s: answered after %s", size, name, took)
			}
		}
	}
}

// F79: whoever comes on top of the reviews that are judged is sent away at once, and those are judged all the same.
func TestFlood(t *testing.T) {
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

// F79: a caller that sends slowly is cut off, and holds up nobody.
func TestSlowCaller(t *testing.T) {
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

// F79: what is no review of ours is refused, without a word of its content.
func TestForeignReviews(t *testing.T) {
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
