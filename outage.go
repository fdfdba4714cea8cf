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

// prerequisites are what the API server knows and lets the operator do.
type prerequisites struct {
	missing map[world.Kind]string // kinds that can't be watched, and why
	rights  controllers.Rights
}

// awaitPrerequisites asks the API server for them. It waits for one that is away: to end instead, and be started
// again, takes longer every time by the kubelet's back-off. Meanwhile the process is alive and not ready.
func awaitPrerequisites(ctx context.Context, config *rest.Config, s settings, log logr.Logger) (prerequisites, error) {
	stop, err := serveWaiting(s.probeAddress)
	if err != nil {
		return prerequisites{}, err
	}
	defer stop()
	pause := wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Steps: 6, Cap: 5 * time.Second}
	for {
		found, err := askOnce(ctx, config, s.scope.Watched())
		if err == nil {
			return found, nil
		}
		log.Info("waiting for the API server", "err", err.Error())
		select {
		case <-ctx.Done():
			return prerequisites{}, ctx.Err()
		case <-time.After(pause.Step()):
		}
	}
}

// askOnce needs an API server that calls itself ready: one that is starting does not know its CRDs and roles yet.
func askOnce(ctx context.Context, config *rest.Config, namespaces []string) (prerequisites, error) {
	var found prerequisites
	config = rest.CopyConfig(config)
	config.Timeout = oneTry
	api, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return found, err
	}
	err = api.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	if err != nil && !apierrors.IsForbidden(err) && !apierrors.IsNotFound(err) { // these two say nothing about readiness
		return found, fmt.Errorf("asking whether it is ready: %w", err)
	}
	direct, err := client.New(config, client.Options{Scheme: newScheme()})
	if err != nil {
		return found, err
	}
	if found.rights, err = controllers.RightsIn(ctx, direct, namespaces); err != nil {
		return found, err
	}
	found.missing, err = controllers.Missing(ctx, direct, namespaces)
	return found, err
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
