package faults

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
)

// proxy stands between the reloaders and Prometheus and watches the POSTs.
type proxy struct {
	*httptest.Server
	posts, inFlight, most, early atomic.Int64
}

// through makes the reloaders of the rig use a proxy.
func (r *rig) through() *proxy {
	p := &proxy{}
	target, err := url.Parse(r.scheme + "://" + r.addr)
	r.must(err, "address of Prometheus")
	pass := &httputil.ReverseProxy{Rewrite: func(req *httputil.ProxyRequest) { req.SetURL(target) }}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/-/reload") {
			p.posts.Add(1)
			if !r.ready() {
				p.early.Add(1)
			}
			if n := p.inFlight.Add(1); n > p.most.Load() {
				p.most.Store(n)
			}
			defer p.inFlight.Add(-1)
		}
		pass.ServeHTTP(w, req)
	}))
	r.t.Cleanup(p.Close)
	r.url = p.URL
	return p
}

func (r *rig) ready() bool {
	res, err := r.client.Get(r.base() + "/-/ready")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}
