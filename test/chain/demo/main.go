// The demonstration: a cluster on this machine, the operator, the sample objects, and changes of each kind going live in a real
// Prometheus, with the time that each step took.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/go-logr/logr"

	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster"
)

func main() {
	once := flag.Bool("once", false, "end after the changes, with an exit status that says whether all of them went live")
	flag.Parse()
	cluster.Enter(stack.Build)
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *once); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, once bool) error {
	say("starting etcd, kube-apiserver, kube-controller-manager, a node and the operator")
	began := time.Now()
	s, err := stack.Start(ctx, stack.Options{})
	defer func() { _ = s.Stop() }() // the sandbox takes the rest with it
	if err != nil {
		return err
	}
	say("started in %s", since(began))

	began = time.Now()
	if _, err := s.Cluster.Kubectl(ctx, "apply", "--server-side", "-k", stack.Source("config", "samples")); err != nil {
		return err
	}
	say("applied config/samples: a Prometheus with two replicas, monitors and rules")
	if err := s.WaitLoaded(ctx, sample); err != nil {
		return fmt.Errorf("%w\n%s", err, s.Logs())
	}
	say("both replicas run what was published after %s", since(began))

	if err := showChanges(ctx, s); err != nil {
		return fmt.Errorf("%w\n%s", err, s.Logs())
	}
	if once {
		return nil
	}
	return stay(ctx, s)
}

// stay leaves everything running and says where to look.
func stay(ctx context.Context, s *stack.Stack) error {
	replicas, err := s.Replicas(ctx, sample.Namespace, sample.Name)
	if err != nil {
		return err
	}
	fmt.Println()
	for _, r := range replicas {
		page, err := cluster.Expose(r.Pod.Status.PodIP + ":9090")
		if err != nil {
			return err
		}
		fmt.Printf("%s   http://%s\n", r.Pod.Name, page)
	}
	kubeconfig, err := exposeAPIServer(s)
	if err != nil {
		return err
	}
	fmt.Printf("\nexport KUBECONFIG=%s\n\nPress Ctrl-C to end it; everything goes.\n", kubeconfig)
	<-ctx.Done()
	say("ending")
	return nil
}

// exposeAPIServer writes a kubeconfig that works outside of the sandbox.
func exposeAPIServer(s *stack.Stack) (string, error) {
	host, port := s.Cluster.APIServerAddress()
	outside, err := cluster.Expose(host + ":" + port)
	if err != nil {
		return "", err
	}
	config, err := clientcmd.LoadFromFile(s.Cluster.Kubeconfig())
	if err != nil {
		return "", err
	}
	for _, c := range config.Clusters {
		c.Server = "https://" + outside
	}
	path := filepath.Join(cluster.Dir(), "kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func since(t time.Time) time.Duration { return time.Since(t).Round(10 * time.Millisecond) }
