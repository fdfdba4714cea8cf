package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/rig"
)

const startTimeout = 5 * time.Minute

// keep runs the node until it is told to end. It is started by up.
func keep(p place) error {
	if cluster.Dir() == "" {
		lock, err := p.lock()
		if err != nil {
			return err
		}
		defer lock.Close()
	}
	cluster.EnterAsRoot(rig.Prepare)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	r, err := start(ctx, p)
	if err == nil {
		fmt.Fprintln(os.Stderr, "the node is up")
		<-ctx.Done()
	}
	return errors.Join(err, r.Stop(context.Background()))
}

func start(ctx context.Context, p place) (*rig.Rig, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	fmt.Fprintln(os.Stderr, "starting the node")
	r, err := rig.Start(ctx)
	if err != nil {
		return r, err
	}
	fmt.Fprintln(os.Stderr, "installing promloop")
	if err := r.Install(ctx); err != nil {
		return r, err
	}
	return r, publish(r, p)
}

// publish writes a kubeconfig that works outside the sandbox.
func publish(r *rig.Rig, p place) error {
	host, port := r.Cluster.APIServerAddress()
	address, err := cluster.Expose(net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(r.Cluster.Kubeconfig())
	if err != nil {
		return err
	}
	for _, c := range config.Clusters {
		c.Server, c.TLSServerName = "https://"+address, "localhost"
	}
	return clientcmd.WriteToFile(*config, p.kubeconfig())
}
