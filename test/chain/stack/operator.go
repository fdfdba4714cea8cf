package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	operatorUser = "promloop"
	operatorLog  = "operator.log"
	// OperatorMetrics is where the operator serves its metrics inside the sandbox; pods reach it there.
	OperatorMetrics = "198.18.0.1:8080"
	operatorHealth  = "127.0.0.1:8081"
)

// Operator is the operator as a process on the node, under the rights of its own ClusterRole.
type Operator struct {
	args []string
	env  []string
	log  string

	process *exec.Cmd
	ended   chan error
}

func (s *Stack) startOperator(ctx context.Context, o Options) error {
	config, err := s.Cluster.AddUser(operatorUser)
	if err != nil {
		return err
	}
	if s.Gate, err = openGate(config); err != nil {
		return err
	}
	kubeconfig := filepath.Join(s.Cluster.Dir(), "operator.kubeconfig")
	if err := writeKubeconfig(kubeconfig, s.Gate.address); err != nil {
		return err
	}
	_, port, certs := s.Cluster.WebhookServing()
	s.Operator = &Operator{
		args: append([]string{
			"--leader-elect=false", // so that a killed operator can come back at once
			"--web.listen-address=" + OperatorMetrics,
			"--health-probe-bind-address=" + operatorHealth,
			"--kubelet-service=kube-system/kubelet",
			"--logtostderr=true",
			"--config-reloader-memory=50Mi",
			"--prometheus-config-reloader=quay.io/promloop/config-reloader:test",
			"--config-reloader-image=quay.io/promloop/rules-reloader:test",
			"--webhook-port=" + strconv.Itoa(port),
			"--webhook-cert-source=dir",
			"--webhook-cert-path=" + certs,
		}, o.OperatorFlags...),
		env: append(os.Environ(), "KUBECONFIG="+kubeconfig),
		log: filepath.Join(s.Cluster.Dir(), operatorLog),
	}
	return s.Operator.Start(ctx)
}

// Start starts the process and returns when it is ready.
func (o *Operator) Start(ctx context.Context) error {
	log, err := os.OpenFile(o.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	o.process = exec.Command(binary("promloop"), o.args...)
	o.process.Env, o.process.Stdout, o.process.Stderr = o.env, log, log
	if err := o.process.Start(); err != nil {
		return err
	}
	o.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan error) { ended <- p.Wait() }(o.process, o.ended)
	return o.waitReady(ctx)
}

func (o *Operator) waitReady(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get("http://" + operatorHealth + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-o.ended:
			o.ended <- err
			text, _ := os.ReadFile(o.log)
			return fmt.Errorf("the operator ended while starting: %w\n%s", err, text)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Kill ends the process at once, as a failing machine does.
func (o *Operator) Kill() error { return o.end(syscall.SIGKILL) }

// Stop asks the process to end, as a rollout does, and waits for it.
func (o *Operator) Stop() error { return o.end(syscall.SIGTERM) }

func (o *Operator) end(signal syscall.Signal) error {
	if err := o.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-o.ended
	o.ended <- err
	var exit *exec.ExitError
	if errors.As(err, &exit) && signal == syscall.SIGKILL {
		return nil
	}
	return err
}

// writeKubeconfig leads to the gate, which adds the user's credentials.
func writeKubeconfig(path, server string) error {
	const name = "test"
	out := clientcmdapi.NewConfig()
	out.Clusters[name] = &clientcmdapi.Cluster{Server: server}
	out.Contexts[name] = &clientcmdapi.Context{Cluster: name}
	out.CurrentContext = name
	return clientcmd.WriteToFile(*out, path)
}
