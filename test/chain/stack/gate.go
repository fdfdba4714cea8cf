package stack

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// Gate stands between the operator and the kube-apiserver, so that a test can see every write, and do something right after one.
type Gate struct {
	mu    sync.Mutex
	after func(Write)

	address string
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &Gate{address: "http://" + listener.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1, // watches stream
		ModifyResponse: g.passed,
	}
	g.server = &http.Server{Handler: proxy}
	go func() { _ = g.server.Serve(listener) }() // ends with Close
	return g, nil
}

// After has f called after every write from now on, before the operator learns that it succeeded; nil ends it.
func (g *Gate) After(f func(Write)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.after = f
}

func (g *Gate) passed(resp *http.Response) error {
	w := Write{Method: resp.Request.Method, Path: resp.Request.URL.Path}
	if w.Method == http.MethodGet || resp.StatusCode >= 300 || !counts(w.Path) {
		return nil
	}
	g.mu.Lock()
	f := g.after
	g.mu.Unlock()
	if f != nil {
		f(w)
	}
	return nil
}

func counts(path string) bool {
	return !strings.Contains(path, "/leases") && !strings.Contains(path, "/events") && !strings.HasSuffix(path, "/status")
}
