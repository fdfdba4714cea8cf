package report

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

const (
	maxWait    = time.Minute
	maxPollers = 32 // at a time; the operator needs one. docs/contract.md, Report
	// wedgedAfter is how long the loop may take for anything but a reload. It asks Prometheus every 2 s.
	wedgedAfter = time.Minute
)

// Handler serves the report. Authorized decides who may ask for more than health; nil lets everybody.
func (b *Board) Handler(extra func() Extra, authorized func(*http.Request) bool) http.Handler {
	pollers := make(chan struct{}, maxPollers)
	guard := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if authorized != nil && !authorized(r) {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "a valid bearer token is required", http.StatusUnauthorized)
				return
			}
			h(w, r)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { b.healthz(w, extra().Watch) })
	mux.HandleFunc("GET /readyz", b.readyz)
	mux.HandleFunc("GET /metrics", guard(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		b.writeMetrics(w, extra())
	}))
	mux.HandleFunc("GET /v1/loaded", guard(func(w http.ResponseWriter, r *http.Request) { b.serveLoaded(w, r, pollers) }))
	return mux
}

// serveLoaded answers at once or, with want and wait, as soon as that digest is loaded, refused or superseded.
func (b *Board) serveLoaded(w http.ResponseWriter, r *http.Request, pollers chan struct{}) {
	want := r.URL.Query().Get("want")
	wait, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if r.URL.Query().Get("wait") != "" && err != nil {
		http.Error(w, "wait: want a duration such as 5s", http.StatusBadRequest)
		return
	}
	if want != "" && wait > 0 {
		select {
		case pollers <- struct{}{}:
			b.await(r, want, min(wait, maxWait))
			<-pollers
		default: // too many wait already: an answer now is better than none
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(b.Loaded())
}

// await returns when there is something to say about the digest, or the time is over.
func (b *Board) await(r *http.Request, want string, wait time.Duration) {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	first := ""
	for {
		s, changed := b.look()
		now := b.loaded(s)
		if first == "" {
			first = now.Wanted
		}
		superseded := now.Wanted != want && now.Wanted != first
		if now.Loaded == want || now.Refused == want || superseded {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// healthz fails when something is wedged: an action, or a look at the directories, takes longer than it ever may.
func (b *Board) healthz(w http.ResponseWriter, watch snapshot.Stats) {
	s, _ := b.look()
	allowed := wedgedAfter
	if _, posting := s.Doing.(transaction.Post); posting {
		allowed += s.ReloadTimeout
	}
	if age := time.Since(b.started) - s.DoingSince; age > allowed {
		http.Error(w, "wedged: the same step for "+age.Round(time.Second).String(), http.StatusServiceUnavailable)
		return
	}
	if watch.Overdue > wedgedAfter {
		http.Error(w, "wedged: a look at the directories is overdue for "+watch.Overdue.Round(time.Second).String(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// readyz fails until a set is in place, and while nothing can be written.
func (b *Board) readyz(w http.ResponseWriter, _ *http.Request) {
	s, _ := b.look()
	problem, _ := s.Standing()
	switch {
	case problem.Reason == contract.WriteFailed:
		http.Error(w, string(problem.Reason)+": "+problem.Text, http.StatusServiceUnavailable)
	case s.Good.ID == "":
		http.Error(w, "nothing is loaded yet: "+string(problem.Reason)+" "+problem.Text, http.StatusServiceUnavailable)
	default:
		_, _ = w.Write([]byte("ok\n"))
	}
}
