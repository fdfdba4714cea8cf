package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/controllers"
	"github.com/promloop/promloop/internal/world"
)

// oneTry is how long the API server may take to answer a question before it counts as away.
const oneTry = 10 * time.Second

// missingKinds asks the API server which kinds can't be watched, and why. It waits for one that is away: to end instead, and be started
// again, takes longer every time by the kubelet's back-off. Meanwhile the process is alive and not ready.
func missingKinds(ctx context.Context, config *rest.Config, s settings, log logr.Logger) (map[world.Kind]string, error) {
	stop, err := serveWaiting(s.probeAddress)
	if err != nil {
		return nil, err
	}
	defer stop()
	pause := wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Steps: 6, Cap: 5 * time.Second}
	for {
		missing, err := askOnce(ctx, config, s.scope.Watched())
		if err == nil {
			return missing, nil
		}
		log.Info("waiting for the API server", "err", err.Error())
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause.Step()):
		}
	}
}

// askOnce needs an API server that calls itself ready: one that is starting does not know its CRDs and roles yet.
func askOnce(ctx context.Context, config *rest.Config, namespaces []string) (map[world.Kind]string, error) {
	config = rest.CopyConfig(config)
	config.Timeout = oneTry
	api, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	err = api.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	if err != nil && !apierrors.IsForbidden(err) && !apierrors.IsNotFound(err) { // these two say nothing about readiness
		return nil, fmt.Errorf("asking whether it is ready: %w", err)
	}
	direct, err := client.New(config, client.Options{Scheme: newScheme()})
	if err != nil {
		return nil, err
	}
	return controllers.Missing(ctx, direct, namespaces)
}

// serveWaiting answers probes at address, "0" for nowhere, until what it returns is called.
func serveWaiting(address string) (stop func(), err error) {
	if address == "0" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--health-probe-bind-address: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "waiting for the API server", http.StatusServiceUnavailable)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: oneTry}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return func() { _ = server.Close() }, nil  // what is cut off is a probe, which is repeated
}
