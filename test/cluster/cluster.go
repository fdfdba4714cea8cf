package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/promloop/promloop/test/cluster/nodelet"
)

// Options say what a Cluster starts with. The zero value is a plain cluster.
type Options struct {
	// CRDPaths are files and directories of CustomResourceDefinitions to install.
	CRDPaths []string
	// Webhooks are admission webhooks to install, as in envtest.
	Webhooks envtest.WebhookInstallOptions
	// APIServerFlags are set in addition to, or instead of, those that the cluster sets itself, without the leading "--".
	APIServerFlags map[string]string
	// APIServerPort is where the kube-apiserver listens; 0 is any free port.
	APIServerPort string
}

// Cluster is a running control plane. It has no node yet: start one with nodelet.Start.
type Cluster struct {
	dir     string
	parts   string
	env     *envtest.Environment
	manager *Process
	logLock sync.Mutex
	logs    []*os.File
}

// Start starts etcd, kube-apiserver and kube-controller-manager and returns once pods can be created in the namespace default.
// The program must be inside the sandbox. ctx bounds the start only. Stop what Start returned, also when it returned an error
// and a Cluster.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if Dir() == "" {
		return nil, errors.New("a cluster runs in the sandbox only: call cluster.Enter or cluster.Main first")
	}
	parts, err := Parts(ctx, os.Stderr)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(Dir(), "cluster-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, parts: parts}
	for _, step := range []func(context.Context, Options) error{
		c.logQuietly, c.startControlPlane, c.startControllerManager, c.waitUsable,
	} {
		if err := step(ctx, o); err != nil {
			return c, fmt.Errorf("%w\n%s", err, c.Logs())
		}
	}
	return c, nil
}

// Config is an administrator's access to the kube-apiserver. Copy it before changing it.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.env.Config) }

// Kubeconfig is the path of an administrator's kubeconfig file.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.dir, "admin.kubeconfig") }

// Dir holds everything of this cluster: logs, data and whatever the caller wants to put there.
func (c *Cluster) Dir() string { return c.dir }

// AddUser makes another user, to be given rights by RBAC objects.
func (c *Cluster) AddUser(name string, groups ...string) (*rest.Config, error) {
	user, err := c.env.AddUser(envtest.User{Name: name, Groups: groups}, nil)
	if err != nil {
		return nil, err
	}
	return user.Config(), nil
}

// Program is the path of one of the parts: "prometheus", "promtool", "kubectl", ….
func (c *Cluster) Program(name string) string { return filepath.Join(c.parts, name) }

// Kubectl runs kubectl as administrator and returns what it printed. Its error carries what it complained about.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Program("kubectl"), append([]string{"--kubeconfig", c.Kubeconfig()}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+c.dir) // kubectl caches there
	output, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("kubectl: %w: %s", err, exit.Stderr)
	}
	return string(output), err
}

// Stop ends the control plane. The nodelet should be stopped before.
func (c *Cluster) Stop() error {
	var errs []error
	if c.manager != nil {
		errs = append(errs, c.manager.Stop())
	}
	if c.env != nil {
		errs = append(errs, c.env.Stop())
	}
	klog.Flush()
	for _, log := range c.logs {
		errs = append(errs, log.Close())
	}
	return errors.Join(errs...)
}

// waitUsable waits for what the controller-manager makes before a pod can be admitted and can trust the kube-apiserver.
func (c *Cluster) waitUsable(ctx context.Context, _ Options) error {
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		return err
	}
	ready := func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(corev1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if err == nil {
			_, err = client.CoreV1().ConfigMaps(corev1.NamespaceDefault).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		}
		if apierrors.IsNotFound(err) && !c.manager.Ended() {
			return false, nil
		}
		return err == nil, err
	}
	if err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, ready); err != nil {
		return fmt.Errorf("waiting for the controller-manager to set up the namespace default: %w", err)
	}
	return nil
}

// APIServerAddress is where the kube-apiserver listens, for node and pods alike: host and port.
func (c *Cluster) APIServerAddress() (host, port string) {
	serving := c.env.ControlPlane.GetAPIServer().SecureServing
	return nodelet.NodeIP, serving.Port
}

// WebhookServing is where a program has to serve the webhooks of Options: host, port, and the directory with tls.crt and tls.key.
func (c *Cluster) WebhookServing() (host string, port int, certDir string) {
	o := c.env.WebhookInstallOptions
	return o.LocalServingHost, o.LocalServingPort, o.LocalServingCertDir
}
