package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/report"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// running is a state in which Prometheus runs a set.
func running(id string) transaction.State {
	set := transaction.Set{ID: id, Digest: id, Generation: 3}
	return transaction.State{
		Options: transaction.Options{Domain: contract.Rules}, Looked: true, DiskKnown: true, Good: set, Prom: transaction.Prom{Phase: transaction.Ready, Version: "v3.16.0"},
		Seen: transaction.Observation{Set: set, Complete: true},
	}
}

func wanting(id string, s transaction.State) transaction.State {
	s.Seen.Set = transaction.Set{ID: id, Digest: id, Generation: 4}
	return s
}

func refusing(s transaction.State) transaction.State {
	s.Refusal = transaction.Refusal{ID: s.Seen.ID, Final: true, Problem: transaction.Problem{Reason: contract.TooFew, Text: "0 rule groups, the manifest says 2"}}
	return s
}

func ask(h http.Handler, path, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func loaded(t *testing.T, w *httptest.ResponseRecorder) (l contract.Loaded) {
	t.Helper()
	if err := json.NewDecoder(w.Body).Decode(&l); err != nil {
		t.Fatal(err)
	}
	return l
}

func extra() report.Extra { return report.Extra{Version: "v0", Method: "signal"} }

func TestLongPollEndsWhenThereIsSomethingToSay(t *testing.T) {
	cases := map[string]struct {
		reason string
		next   transaction.State
		ends   bool
	}{
		"Loaded":     {"the wanted set runs", running("b"), true},
		"Refused":    {"the wanted set will not run", refusing(wanting("b", running("a"))), true},
		"Superseded": {"nobody waits for it any more", wanting("c", running("a")), true},
		"NotYet":     {"seen, but neither loaded nor refused", wanting("b", running("a")), false},
		"Unrelated":  {"nothing about it", running("a"), false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := report.NewBoard()
				b.Publish(running("a"))
				began := time.Now()
				took := make(chan time.Duration)
				go func() {
					ask(b.Handler(extra, nil), "/v1/loaded?want=b&wait=25s", "")
					took <- time.Since(began)
				}()
				<-time.After(time.Second)
				b.Publish(tc.next)
				got := <-took
				if tc.ends != (got == time.Second) || !tc.ends && got != 25*time.Second {
					t.Errorf("%s: answered after %v", tc.reason, got)
				}
			})
		})
	}
}

func TestUnknownIsNeverSuccess(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*transaction.State)
	}{
		"NotReady": {"a Prometheus that is not ready runs nothing yet", func(s *transaction.State) { s.Prom.Phase = transaction.NotReady }},
		"Journal": {"an open journal means that it is unknown what runs", func(s *transaction.State) {
			s.Open = &transaction.Open{Entry: transaction.Entry{Domain: contract.Rules}}
		}},
		"DiskUnread": {"what is committed was not read yet", func(s *transaction.State) { s.DiskKnown = false }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := running("a")
			tc.change(&s)
			b := report.NewBoard()
			b.Publish(s)
			if got := loaded(t, ask(b.Handler(extra, nil), "/v1/loaded", "")); got.Loaded != "" || got.LoadedAt != nil {
				t.Errorf("%s, but %q is reported as loaded", tc.reason, got.Loaded)
			}
		})
	}
}

func TestRefusalIsToldWithItsReason(t *testing.T) {
	b := report.NewBoard()
	b.Publish(refusing(wanting("b", running("a"))))
	got := loaded(t, ask(b.Handler(extra, nil), "/v1/loaded", ""))
	if got.Loaded != "a" || got.Wanted != "b" || got.Refused != "b" || got.Reason != contract.TooFew || got.LoadedGeneration != 3 || got.WantedGeneration != 4 {
		t.Errorf("got %+v", got)
	}
	metrics := ask(b.Handler(extra, nil), "/metrics", "").Body.String()
	for _, line := range []string{`reloader_not_loaded{reason="TooFew"} 1`, "reloader_in_sync 0", "reloader_loaded_generation 3", `reloader_first_seen_to_loaded_seconds_bucket{le="+Inf"} 0`} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("metrics lack %q:\n%s", line, metrics)
		}
	}
}

func TestHealthFailsWhenWedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := report.NewBoard()
		b.Publish(running("a"))
		if code := ask(b.Handler(extra, nil), "/healthz", "").Code; code != http.StatusOK {
			t.Errorf("status %d right after a step", code)
		}
		<-time.After(2 * time.Minute)
		if code := ask(b.Handler(extra, nil), "/healthz", "").Code; code != http.StatusServiceUnavailable {
			t.Errorf("status %d after two minutes in the same step", code)
		}
		s := running("a")
		s.Doing, s.DoingSince, s.ReloadTimeout = transaction.Post{}, 2*time.Minute, 5*time.Minute
		b.Publish(s)
		<-time.After(5 * time.Minute)
		if code := ask(b.Handler(extra, nil), "/healthz", "").Code; code != http.StatusOK {
			t.Errorf("status %d while a reload takes what it may take", code)
		}
	})
}

func TestHealthFailsWhenWedgedUnderChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := report.NewBoard()
		s, _ := transaction.Next(transaction.State{Stale: true}, 0, transaction.Tick{}) // it begins to look, and never ends
		b.Publish(s)
		<-time.After(50 * time.Second)
		s, _ = transaction.Next(s, 50*time.Second, transaction.Poke{})
		b.Publish(s)
		<-time.After(20 * time.Second)
		if code := ask(b.Handler(extra, nil), "/healthz", "").Code; code != http.StatusServiceUnavailable {
			t.Errorf("status %d: a change of the volume is no progress of the step", code)
		}
		s, _ = transaction.Next(s, 70*time.Second, transaction.Superseded{})
		b.Publish(s)
		if code := ask(b.Handler(extra, nil), "/healthz", "").Code; code != http.StatusOK {
			t.Errorf("status %d once the step has ended and another one goes on", code)
		}
	})
}

func TestHealthFailsWhenNobodyWatches(t *testing.T) {
	b := report.NewBoard()
	b.Publish(running("a"))
	for overdue, want := range map[time.Duration]int{0: http.StatusOK, 30 * time.Second: http.StatusOK, 2 * time.Minute: http.StatusServiceUnavailable} {
		hung := func() report.Extra { return report.Extra{Watch: snapshot.Stats{Overdue: overdue}} }
		if code := ask(b.Handler(hung, nil), "/healthz", "").Code; code != want {
			t.Errorf("status %d, want %d: a look at the directories is overdue for %v", code, want, overdue)
		}
	}
}

func TestReadyOnceSomethingIsInPlace(t *testing.T) {
	b := report.NewBoard()
	b.Publish(transaction.State{})
	if code := ask(b.Handler(extra, nil), "/readyz", "").Code; code != http.StatusServiceUnavailable {
		t.Errorf("status %d before anything is committed", code)
	}
	b.Publish(refusing(wanting("b", running("a"))))
	if code := ask(b.Handler(extra, nil), "/readyz", "").Code; code != http.StatusOK {
		t.Errorf("status %d: a refused set must not take the last good one out of service", code)
	}
}

func TestTokenGuardsAllButHealth(t *testing.T) {
	b := report.NewBoard()
	b.Publish(running("a"))
	h := b.Handler(extra, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer right" })
	for path, want := range map[string]int{"/metrics": 401, "/v1/loaded": 401, "/healthz": 200, "/readyz": 200} {
		if got := ask(h, path, "wrong").Code; got != want {
			t.Errorf("%s with a wrong token: %d, want %d", path, got, want)
		}
		if got := ask(h, path, "right").Code; got != http.StatusOK {
			t.Errorf("%s with the right token: %d", path, got)
		}
	}
}

func TestOnlyReadingIsServed(t *testing.T) {
	b := report.NewBoard()
	b.Publish(running("a"))
	for _, path := range []string{"/", "/metrics", "/v1/loaded", "/-/reload", "/debug/pprof/"} {
		w := httptest.NewRecorder()
		b.Handler(extra, nil).ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, io.NopCloser(strings.NewReader("x"))))
		if w.Code < 400 {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
}

// TestEveryMetricOfUpstreamIsThere goes through a list that is held against upstream's source where its module is.
func TestEveryMetricOfUpstreamIsThere(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("testdata", "upstream-metrics.txt"))
	if err != nil {
		t.Fatal(err)
	}
	b := report.NewBoard()
	b.Publish(running("a"))
	page := ask(b.Handler(extra, nil), "/metrics", "").Body.String()
	for line := range strings.Lines(string(list)) {
		name := strings.Fields(line)[0]
		if !strings.Contains(page, "\n# TYPE "+line) || !strings.Contains(page, "\n"+name+" ") && !strings.Contains(page, "\n"+name+"{") {
			t.Errorf("%s is missing in\n%s", line, page)
		}
	}
	if !strings.Contains(page, "\nreloader_info{method=\"signal\"} 1\n") {
		t.Error("it does not say how Prometheus is told")
	}
}

func TestTheLastReloadCountsAsLongAsItsSetIsWanted(t *testing.T) {
	refused := transaction.Counts{Posts: 2, PostFailures: 1} // and then its way back, which is no success of what is wanted
	cases := map[string]struct {
		reason string
		state  transaction.State
		counts transaction.Counts
		want   string
	}{
		"Refused":   {"the wanted set was refused", wanting("b", running("a")), refused, "0"},
		"TakenBack": {"what runs is wanted again, and needs no other reload", running("a"), refused, "1"},
		"Started":   {"Prometheus started on it", running("a"), transaction.Counts{}, "1"},
		"Unknown":   {"nobody knows what runs", transaction.State{}, transaction.Counts{}, "0"},
		"Next":      {"the last one succeeded, the next is on its way", wanting("b", running("a")), transaction.Counts{Posts: 1, LastOK: true}, "1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := report.NewBoard()
			tc.state.Counts = tc.counts
			b.Publish(tc.state)
			if page := ask(b.Handler(extra, nil), "/metrics", "").Body.String(); !strings.Contains(page, "\nreloader_last_reload_successful "+tc.want+"\n") {
				t.Errorf("%s, want %s:\n%s", tc.reason, tc.want, page)
			}
		})
	}
}

func TestALongPollHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := report.NewBoard()
		b.Publish(running("a"))
		began := time.Now()
		ask(b.Handler(extra, nil), "/v1/loaded?want=b&wait=10m", "")
		if took := time.Since(began); took != time.Minute {
			t.Errorf("answered after %v, want a minute at most", took)
		}
		if code := ask(b.Handler(extra, nil), "/v1/loaded?want=b&wait=soon", "").Code; code != http.StatusBadRequest {
			t.Errorf("a wait that is none: %d", code)
		}
	})
}

func TestManyLongPollsAreAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := report.NewBoard()
		b.Publish(running("a"))
		h := b.Handler(extra, nil)
		ctx, leave := context.WithCancel(t.Context())
		poll := func() time.Duration {
			began := time.Now()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/loaded?want=b&wait=25s", nil))
			return time.Since(began)
		}
		for range 32 {
			go poll()
		}
		synctest.Wait()
		if took := poll(); took > 0 {
			t.Errorf("one too many waits for %v", took)
		}
		leave() // who waits goes away
		synctest.Wait()
		ctx = t.Context()
		if took := poll(); took != 25*time.Second {
			t.Errorf("answered after %v: those who left still count", took)
		}
	})
}

func TestWhatIsToldIsBounded(t *testing.T) {
	s := wanting("b", running("a"))
	s.Refusal = transaction.Refusal{ID: "b", Problem: transaction.Problem{Reason: contract.PrometheusRefused, Text: strings.Repeat("x", 1<<20)}}
	b := report.NewBoard()
	b.Publish(s)
	if got := loaded(t, ask(b.Handler(extra, nil), "/v1/loaded", "")); len(got.Error) != contract.MaxError {
		t.Errorf("%d bytes of error", len(got.Error))
	}
}

func TestNotReadyWhileNothingCanBeWritten(t *testing.T) {
	s := wanting("b", running("a"))
	s.Waiting = transaction.Problem{Reason: contract.WriteFailed, Text: "no space left on device"}
	b := report.NewBoard()
	b.Publish(s)
	if w := ask(b.Handler(extra, nil), "/readyz", ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no space left") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWhenTheLastReloadWasIsATimeOfTheCalendar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := report.NewBoard()
		s := running("a")
		s.Counts.LastOKAt = 90 * time.Second
		b.Publish(s)
		want := fmt.Sprintf("\nreloader_last_reload_success_timestamp_seconds %g\n", float64(time.Now().Add(90*time.Second).Unix()))
		if page := ask(b.Handler(extra, nil), "/metrics", "").Body.String(); !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	})
}

func TestALoadThatTakesLongerThanAnyBucketCounts(t *testing.T) {
	s := running("a")
	s.Counts.Latency = s.Counts.Latency.With(time.Hour)
	b := report.NewBoard()
	b.Publish(s)
	page := ask(b.Handler(extra, nil), "/metrics", "").Body.String()
	for _, line := range []string{`_bucket{le="600"} 0`, `_bucket{le="+Inf"} 1`, "_count 1", "_sum 3600"} {
		if !strings.Contains(page, "\nreloader_first_seen_to_loaded_seconds"+line+"\n") {
			t.Errorf("no %s in\n%s", line, page)
		}
	}
}

func TestLoadedSinceThisPrometheusIsReady(t *testing.T) {
	s := running("a")
	s.LoadedAt, s.ReadyAt = time.Second, time.Minute
	b := report.NewBoard()
	b.Publish(s)
	got := loaded(t, ask(b.Handler(extra, nil), "/v1/loaded", ""))
	if got.LoadedAt == nil || got.FirstSeen == nil || got.LoadedAt.Sub(*got.FirstSeen) != time.Minute {
		t.Errorf("loaded at %v, first seen at %v; Prometheus started a minute later", got.LoadedAt, got.FirstSeen)
	}
}
