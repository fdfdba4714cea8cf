package cluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/promloop/promloop/test/cluster/nodelet"
)

// startTimeout is generous: a start takes about 5 s, but a busy machine may be slower by far.
const startTimeout = 2 * time.Minute

// logQuietly sends what Kubernetes' libraries log in this process to a file, like the parts' own logs.
func (c *Cluster) logQuietly(context.Context, Options) error {
	log, err := c.logFile("libraries")
	if err != nil {
		return err
	}
	klog.SetLogger(textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(log))))
	return nil
}

// startControlPlane starts etcd and kube-apiserver and writes the administrator's kubeconfig.
func (c *Cluster) startControlPlane(_ context.Context, o Options) error {
	existing := false
	c.env = &envtest.Environment{
		UseExistingCluster:       &existing,
		BinaryAssetsDirectory:    c.parts,
		CRDDirectoryPaths:        o.CRDPaths,
		ErrorIfCRDPathMissing:    true,
		WebhookInstallOptions:    o.Webhooks,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  startTimeout,
	}
	if err := c.configureEtcd(); err != nil {
		return err
	}
	if err := c.configureAPIServer(o.APIServerFlags, o.APIServerPort); err != nil {
		return err
	}
	if _, err := c.env.Start(); err != nil {
		return err
	}
	return os.WriteFile(c.Kubeconfig(), c.env.KubeConfig, 0o600)
}

func (c *Cluster) configureEtcd() error {
	log, err := c.logFile("etcd")
	if err != nil {
		return err
	}
	c.env.ControlPlane.Etcd = &envtest.Etcd{Out: log, Err: log, DataDir: filepath.Join(c.dir, "etcd")}
	c.env.ControlPlane.Etcd.Configure().
		Set("unsafe-no-fsync", "true"). // the data does not outlive the run
		Set("quota-backend-bytes", strconv.Itoa(4<<30))
	return os.Mkdir(c.env.ControlPlane.Etcd.DataDir, 0o700)
}

// configureAPIServer binds the kube-apiserver to the node's address, which pods reach too; its certificate is for that address
// and localhost.
func (c *Cluster) configureAPIServer(flags map[string]string, port string) error {
	log, err := c.logFile("kube-apiserver")
	if err != nil {
		return err
	}
	if port == "" {
		if port, err = freePort(); err != nil {
			return err
		}
	}
	server := c.env.ControlPlane.GetAPIServer()
	server.Out, server.Err = log, log
	server.SecureServing.Address, server.SecureServing.Port = nodelet.NodeIP, port
	server.CertDir = filepath.Join(c.dir, "apiserver")
	arguments := server.Configure().
		Disable("disable-admission-plugins"). // envtest switches ServiceAccount off, for want of a controller-manager
		Set("bind-address", "0.0.0.0").       // so that the gateway and the certificate's localhost work as well
		Set("advertise-address", nodelet.NodeIP).
		Set("authorization-mode", "Node,RBAC").
		Set("enable-aggregator-routing", "true"). // reach pods behind a Service without kube-proxy
		Set("kubelet-preferred-address-types", "InternalIP")
	for name, value := range flags {
		arguments.Set(name, value)
	}
	if err := os.Mkdir(server.CertDir, 0o700); err != nil {
		return err
	}
	server.SecureServing.CA, err = makeCertificates(server.CertDir)
	return err
}

// startControllerManager starts kube-controller-manager with all its default controllers.
func (c *Cluster) startControllerManager(context.Context, Options) error {
	server := c.env.ControlPlane.GetAPIServer()
	rootCA := filepath.Join(c.dir, "root-ca.crt")
	if err := os.WriteFile(rootCA, server.SecureServing.CA, 0o600); err != nil {
		return err
	}
	var err error
	c.manager, err = c.Run("kube-controller-manager", c.Program("kube-controller-manager"),
		"--kubeconfig="+c.Kubeconfig(),
		"--root-ca-file="+rootCA,
		"--service-account-private-key-file="+filepath.Join(server.CertDir, "sa-signer.key"),
		"--leader-elect=false",
		"--secure-port=0",
	)
	return err
}

// freePort returns a port that nobody listens on. Inside the sandbox nobody else can take it.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(nodelet.NodeIP, "0"))
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return "", err
	}
	return port, listener.Close()
}

// logFile opens the log of a part. One that is started again goes on in the same file.
func (c *Cluster) logFile(name string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(c.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	c.logLock.Lock()
	defer c.logLock.Unlock()
	c.logs = append(c.logs, file)
	return file, nil
}

// Logs returns the last lines of every part's log, to be shown when something failed.
func (c *Cluster) Logs() string {
	klog.Flush()
	paths, err := filepath.Glob(filepath.Join(c.dir, "*.log"))
	if err != nil {
		return err.Error()
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			continue
		}
		fmt.Fprintf(&all, "--- %s\n%s\n", filepath.Base(path), lastLines(string(text), 20))
	}
	return all.String()
}
