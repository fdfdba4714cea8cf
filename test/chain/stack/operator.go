package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/promloop/promloop/test/cluster/nodelet"
)

const (
	// OperatorUser is whom the API server takes every operator of the stack for.
	OperatorUser = "promloop"
	operatorLog  = "operator.log"
	// OperatorMetrics is where the operator of the stack serves its metrics inside the sandbox; pods reach it there.
	OperatorMetrics = nodelet.NodeIP + ":8080"
)

// Operator is an operator as a process on the node, under the rights of its own ClusterRole.
type Operator struct {
	Gate *Gate // between it and the kube-apiserver
	// Metrics is the address of its metrics, host:port.
	Metrics string

	program, health string
	args            []string
	env             []string
	log             string

	process *exec.Cmd
	ended   chan error
}

// OperatorOptions say what is different with a further operator.
type OperatorOptions struct {
	Name  string // of its files
	Flags []string
	Env   []string
	// Unguarded runs the program in which guards can be taken out (BuildUnguarded).
	Unguarded bool
}

// startOperator starts the one that works for everybody.
func (s *Stack) startOperator(ctx context.Context, o Options) (err error) {
	if s.operatorConfig, err = s.Cluster.AddUser(OperatorUser); err != nil {
		return err
	}
	_, port, certs := s.Cluster.WebhookServing()
	s.Operator, err = s.newOperator("operator", OperatorMetrics)
	if err != nil {
		return err
	}
	s.Gate = s.Operator.Gate
	s.Operator.args = append(s.Operator.args,
		"--leader-elect=false", // so that a killed operator can come back at once
		"--kubelet-service=kube-system/kubelet",
		"--logtostderr=true",
		"--webhook-port="+strconv.Itoa(port),
		"--webhook-cert-source=dir",
		"--webhook-cert-path="+certs,
	)
	s.Operator.args = append(s.Operator.args, o.OperatorFlags...)
	return s.Operator.Start(ctx)
}

// StartOperator starts a further operator, without webhooks.
func (s *Stack) StartOperator(ctx context.Context, o OperatorOptions) (*Operator, error) {
	metrics, err := freeAddress()
	if err != nil {
		return nil, err
	}
	op, err := s.newOperator(o.Name, metrics)
	if err != nil {
		return nil, err
	}
	op.args, op.env = append(append(op.args, "--webhook-port=0"), o.Flags...), append(op.env, o.Env...)
	if o.Unguarded {
		op.program = unguarded("promloop")
	}
	return op, op.Start(ctx)
}

func (s *Stack) newOperator(name, metrics string) (*Operator, error) {
	gate, err := openGate(s.operatorConfig)
	if err != nil {
		return nil, err
	}
	health, err := freeAddress()
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(s.Cluster.Dir(), name+".kubeconfig")
	return &Operator{
		Gate: gate, Metrics: metrics, program: binary("promloop"), health: health,
		args: []string{
			"--web.listen-address=" + metrics,
			"--health-probe-bind-address=" + health,
			"--sidecar-access=direct", // the process is outside of the cluster and reaches pods all the same
			"--config-reloader-memory=50Mi",
			"--prometheus-config-reloader=quay.io/promloop/config-reloader:test",
			"--config-reloader-image=quay.io/promloop/rules-reloader:test",
		},
		env: append(os.Environ(), "KUBECONFIG="+kubeconfig),
		log: filepath.Join(s.Cluster.Dir(), name+".log"),
	}, writeKubeconfig(kubeconfig, "http://"+gate.address)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// Start starts the process and returns when it is ready.
func (o *Operator) Start(ctx context.Context) error {
	if err := o.Launch(); err != nil {
		return err
	}
	return o.waitReady(ctx)
}

// Launch starts the process.
func (o *Operator) Launch() error {
	log, err := os.OpenFile(o.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	o.process = exec.Command(o.program, o.args...)
	o.process.Env, o.process.Stdout, o.process.Stderr = o.env, log, log
	if err := o.process.Start(); err != nil {
		return err
	}
	o.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan error) { ended <- p.Wait() }(o.process, o.ended)
	return nil
}

// Ended reports whether the process has ended.
func (o *Operator) Ended() bool {
	select {
	case err := <-o.ended:
		o.ended <- err
		return true
	default:
		return false
	}
}

// Probe is how the process answers a probe, healthz or readyz.
func (o *Operator) Probe(name string) (status int, err error) {
	resp, err := http.Get("http://" + o.health + "/" + name)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func (o *Operator) waitReady(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if status, err := o.Probe("readyz"); err == nil && status == http.StatusOK {
			return nil
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

// Dismiss ends a further operator and its gate for good.
func (o *Operator) Dismiss() error { return errors.Join(o.Kill(), o.Gate.Close()) }

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
