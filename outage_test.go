package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// TestWaitsForTheAPIServer has nobody listen where the API server should be.
func TestWaitsForTheAPIServer(t *testing.T) {
	s := settings{probeAddress: freeAddress(t)}
	config := &rest.Config{Host: "http://" + freeAddress(t)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := awaitPrerequisites(ctx, config, s, logr.Discard())
		ended <- err
	}()
	for probe, want := range map[string]int{"healthz": http.StatusOK, "readyz": http.StatusServiceUnavailable} {
		if got := answerOf(t, "http://"+s.probeAddress+"/"+probe); got != want {
			t.Errorf("%s answers %d while the API server is away, want %d", probe, got, want)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("it ends instead of waiting: %v", err)
	default:
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("it claims to have asked an API server that is not there")
	}
}

// TestWaitsUntilTheAPIServerIsReady has it answer, and say that it is not ready.
func TestWaitsUntilTheAPIServerIsReady(t *testing.T) {
	address := freeAddress(t)
	asked := make(chan string, 100)
	server := &http.Server{Addr: address, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		http.Error(w, "starting", http.StatusInternalServerError)
	})}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.ListenAndServe() }()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := awaitPrerequisites(ctx, &rest.Config{Host: "http://" + address}, settings{probeAddress: "0"}, logr.Discard())
		ended <- err
	}()
	for range 2 {
		if path := <-asked; path != "/readyz" {
			t.Errorf("it asks for %s of an API server that is not ready", path)
		}
	}
	cancel()
	<-ended
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// answerOf asks until there is an answer.
func answerOf(t *testing.T, url string) int {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get(url)
		if err == nil {
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(fmt.Errorf("nobody answers at %s: %w", url, err))
		}
	}
}
