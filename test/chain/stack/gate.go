package stack

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// Gate stands between one operator and the kube-apiserver, so that a test can see every write, do something right after one, and
// let the way to the API server be as bad as it likes.
type Gate struct {
	mu     sync.Mutex
	after  func(Write)
	answer func(*http.Request) int
	lag    func(resource string) time.Duration

	address string
	proxy   http.Handler
	server  *http.Server
}

// Write is one successful write of the operator: leases, events and status don't count.
type Write struct {
	Method, Path string
}

// openGate listens on a free port of the sandbox and passes everything on under the rights of config's user.
func openGate(config *rest.Config) (*Gate, error) {
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	g := &Gate{address: "127.0.0.1:0"}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1, // watches stream
		ModifyResponse: g.passed,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	g.proxy = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code := g.refusal(r); code != 0 {
			refuse(w, code)
			return
		}
		proxy.ServeHTTP(w, r)
	})
	return g, g.Open()
}

// Open lets the operator through, after Close at the same address.
func (g *Gate) Open() error {
	listener, err := net.Listen("tcp", g.address)
	if err != nil {
		return err
	}
	g.address = listener.Addr().String()
	g.server = &http.Server{Handler: g.proxy}
	go func(s *http.Server) { _ = s.Serve(listener) }(g.server) // ends with Close
	return nil
}

// Close cuts every connection and takes no new one, as an API server that is down.
func (g *Gate) Close() error { return g.server.Close() }

// After has f called after every write from now on, before the operator learns that it succeeded; nil ends it.
func (g *Gate) After(f func(Write)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.after = f
}

// Answer has f asked before every request: a status code other than 0 is the answer, and the API server never sees the request.
func (g *Gate) Answer(f func(*http.Request) int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = f
}

// Lag delays what the watches of each resource tell, from the next event on; nil ends it.
func (g *Gate) Lag(by func(resource string) time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lag = by
}

func (g *Gate) lagOf(resource string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.lag == nil {
		return 0
	}
	return g.lag(resource)
}

func (g *Gate) refusal(r *http.Request) int {
	g.mu.Lock()
	f := g.answer
	g.mu.Unlock()
	if f == nil {
		return 0
	}
	return f(r)
}

// refuse answers as the API server words an error.
func refuse(w http.ResponseWriter, code int) {
	reason := map[int]string{http.StatusConflict: "Conflict", http.StatusTooManyRequests: "TooManyRequests", http.StatusForbidden: "Forbidden"}[code]
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"planted by the test","reason":%q,"code":%d}`, reason, code)
}

func (g *Gate) passed(resp *http.Response) error {
	req := resp.Request
	g.mu.Lock()
	f := g.after
	g.mu.Unlock()
	if req.URL.Query().Get("watch") == "true" {
		resource := path.Base(req.URL.Path)
		resp.Body = delayed(resp.Body, func() time.Duration { return g.lagOf(resource) })
	}
	w := Write{Method: req.Method, Path: req.URL.Path}
	if f != nil && w.Method != http.MethodGet && resp.StatusCode < 300 && counts(w.Path) {
		f(w)
	}
	return nil
}

func counts(path string) bool {
	return !strings.Contains(path, "/leases") && !strings.Contains(path, "/events") && !strings.HasSuffix(path, "/status")
}
