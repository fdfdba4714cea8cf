package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// TestReadyWhereItsOwnNamespaceIsNotWatched runs the whole program with --namespaces on another namespace than the one that its
// webhook's certificate lies in.
func TestReadyWhereItsOwnNamespaceIsNotWatched(t *testing.T) {
	const own, watched = "promloop-system", "elsewhere"
	startCluster(t, own, watched)
	probes := freeAddress(t)
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{
			"--namespaces=" + watched, "--webhook-cert-source=self", "--webhook-namespace=" + own, "--webhook-port=" + port,
			"--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=" + probes,
		}, io.Discard, t.Output())
	}()
	if err := eventuallyReady(t, "http://"+probes+"/readyz", ended); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// startCluster starts an API server with the CRDs and these namespaces, and makes it the one that KUBECONFIG names.
func startCluster(t *testing.T, namespaces ...string) {
	t.Helper()
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Fatal("KUBEBUILDER_ASSETS names no directory with etcd and kube-apiserver; `make test-unit` builds them and sets it")
	}
	cluster := &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("config", "crd", "bases")}, ErrorIfCRDPathMissing: true}
	config, err := cluster.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, cluster.KubeConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", kubeconfig)
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range namespaces {
		if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
}

// eventuallyReady waits for the answer 200. The error says what was answered last.
func eventuallyReady(t *testing.T, url string, ended chan error) error {
	t.Helper()
	var last int
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if last = answerOf(t, url); last == http.StatusOK {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err
			return fmt.Errorf("it ended before it was ready: %w", err)
		case <-deadline:
			return fmt.Errorf("%s still answers %d after a minute", url, last)
		}
	}
}
