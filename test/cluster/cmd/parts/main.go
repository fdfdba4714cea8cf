// Command parts builds the programs of the test cluster (etcd, kube-apiserver, kube-controller-manager, kubectl, prometheus,
// promtool) unless they are built already.
//
//	parts --print-dir    prints the directory that holds them, for KUBEBUILDER_ASSETS and PATH
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/promloop/promloop/test/cluster"
)

func main() {
	printDir := flag.Bool("print-dir", false, "print the directory that holds the programs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	dir, err := cluster.Parts(ctx, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "parts:", err)
		os.Exit(1)
	}
	if *printDir {
		fmt.Println(dir)
	}
}
