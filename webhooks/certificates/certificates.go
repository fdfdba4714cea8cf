package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Source says who keeps the certificate.
type Source string

const (
	// Auto means Dir where the directory has a certificate, or where OLM runs the operator; else Self.
	Auto Source = "auto"
	// Self means that the operator makes and renews it in a Secret of its own.
	Self Source = "self"
	// Dir means that somebody else keeps it in a directory, for example cert-manager or OLM by a mounted Secret.
	Dir Source = "dir"
)

// Options say where the certificate comes from.
type Options struct {
	Source Source
	// Dir, CertName and KeyName are the files of source Dir.
	Dir, CertName, KeyName string
	// Secret is where source Self keeps it.
	Secret types.NamespacedName
	// Service is the name of the Service in front of the server, in the namespace of Secret.
	Service string
	// Names are further names that the server is called by, for a server outside the cluster.
	Names []string
	// Validating and Mutating are the names of the webhook configurations that source Self tells whom to trust, "" for none.
	Validating, Mutating string
}

// expiry tells when the certificate that is served ends, whoever keeps it.
var expiry = prometheus.NewGauge(prometheus.GaugeOpts{
	Name: "promloop_webhook_certificate_expiry_timestamp_seconds",
	Help: "When the webhook's certificate ends, in seconds since 1970; 0 while there is none.",
})

func init() { metrics.Registry.MustRegister(expiry) }

// Certificates serves the newest certificate.
type Certificates struct {
	options Options
	policy  Policy
	current atomic.Pointer[tls.Certificate]
}

// New checks the options and settles on a source. lookup reads the environment, as os.LookupEnv does.
func New(o Options, lookup func(string) (string, bool)) (*Certificates, error) {
	switch o.Source {
	case Auto, "":
		o.Source = settle(o, lookup)
	case Self, Dir:
	default:
		return nil, fmt.Errorf("the source of the webhook's certificate is %q: it can be auto, self or dir", o.Source)
	}
	if o.Source == Self && (o.Secret.Namespace == "" || o.Secret.Name == "" || o.Service == "") {
		return nil, errors.New("to keep the webhook's certificate itself the operator must know its namespace, and the names of Secret and Service")
	}
	name := o.Service + "." + o.Secret.Namespace
	names := append([]string{name + ".svc", name + ".svc.cluster.local", name}, o.Names...)
	return &Certificates{options: o, policy: DefaultPolicy(names...)}, nil
}

// Policy is what source Self goes by. It may be changed before SetupWithManager.
func (c *Certificates) Policy() *Policy { return &c.policy }

// operatorCondition is set by OLM for every operator that it runs; OLM then keeps the certificate too.
const operatorCondition = "OPERATOR_CONDITION_NAME"

func settle(o Options, lookup func(string) (string, bool)) Source {
	_, olm := lookup(operatorCondition)
	_, err := os.Stat(o.path(o.CertName))
	if olm || err == nil {
		return Dir
	}
	return Self
}

func (o Options) path(name string) string { return filepath.Join(o.Dir, name) }

func (o Options) configurations() []client.Object {
	return slices.DeleteFunc([]client.Object{
		&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: o.Validating}},
		&admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: o.Mutating}},
	}, func(c client.Object) bool { return c.GetName() == "" })
}

// Source is who keeps the certificate: Self or Dir.
func (c *Certificates) Source() Source { return c.options.Source }

// Configure makes a server show the newest certificate.
func (c *Certificates) Configure(config *tls.Config) { config.GetCertificate = c.get }

func (c *Certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if cert := c.current.Load(); cert != nil {
		return cert, nil
	}
	return nil, errors.New("the webhook has no certificate yet")
}

// Ready implements healthz.Checker: it fails until there is a certificate.
func (c *Certificates) Ready(*http.Request) error {
	_, err := c.get(nil)
	return err
}

// SetupWithManager starts to keep or watch the certificate, on every replica.
func (c *Certificates) SetupWithManager(ctx context.Context, mgr ctrl.Manager) error {
	if c.options.Source == Dir {
		return c.watchDir(mgr)
	}
	informer, err := mgr.GetCache().GetInformer(ctx, &corev1.Secret{})
	if err != nil {
		return err
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { c.observe(o) },
		UpdateFunc: func(_, o any) { c.observe(o) },
	}); err != nil {
		return err
	}
	return mgr.Add(&keeper{
		live: mgr.GetAPIReader(), writer: mgr.GetClient(), secret: c.options.Secret, configurations: c.options.configurations(),
		policy: c.policy, clock: clock.RealClock{}, log: mgr.GetLogger().WithName("webhook-certificate"),
	})
}

// observe takes the certificate from the Secret. One that can't be read changes nothing, and a Secret that is gone neither: the
// certificate in memory is good until the leader has written another one.
func (c *Certificates) observe(o any) {
	s, ok := o.(*corev1.Secret)
	if !ok || s.Namespace != c.options.Secret.Namespace || s.Name != c.options.Secret.Name {
		return
	}
	if cert, err := tls.X509KeyPair(s.Data[certKey], s.Data[keyKey]); err == nil {
		c.show(cert)
	}
}

func (c *Certificates) show(cert tls.Certificate) {
	c.current.Store(&cert)
	expiry.Set(float64(cert.Leaf.NotAfter.Unix()))
}

func (c *Certificates) watchDir(mgr ctrl.Manager) error {
	watcher, err := c.dirWatcher()
	if err != nil {
		return err
	}
	return mgr.Add(watcher)
}

// dirWatcher shows the certificate in the directory, and every later one once the watcher is started.
func (c *Certificates) dirWatcher() (*certwatcher.CertWatcher, error) {
	o := c.options
	watcher, err := certwatcher.New(o.path(o.CertName), o.path(o.KeyName))
	if err != nil {
		return nil, fmt.Errorf("the webhook's certificate must be in %s: %w", o.Dir, err)
	}
	watcher.RegisterCallback(c.show)
	return watcher, nil
}
