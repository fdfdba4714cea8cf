package main

import (
	"flag"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/internal/world"
	"github.com/promloop/promloop/webhooks"
	"github.com/promloop/promloop/webhooks/certificates"
)

// certificateSecret is where the operator keeps the webhook's certificate, in its own namespace.
const certificateSecret = "promloop-webhook-cert"

// admission are the flags of the webhook server.
type admission struct {
	port      int
	source    string
	namespace string
	dir       string
	cert, key string

	concurrent  int
	readTimeout time.Duration
}

func (a *admission) flags(fs *flag.FlagSet) {
	fs.IntVar(&a.port, "webhook-port", 9443, "port of the admission webhooks; 0 turns them off")
	fs.StringVar(&a.source, "webhook-cert-source", "auto", "who keeps the webhook's certificate: self, dir, or auto for dir where its files are there or OLM runs the operator")
	fs.StringVar(&a.namespace, "webhook-namespace", ownNamespace(), "namespace of the webhook's Service and Secret; the operator's own by default")
	fs.StringVar(&a.dir, "webhook-cert-path", "/tmp/k8s-webhook-server/serving-certs", "directory of the certificate, for source dir")
	fs.StringVar(&a.cert, "webhook-cert-name", "tls.crt", "file of the certificate in it")
	fs.StringVar(&a.key, "webhook-cert-key", "tls.key", "file of its key in it")
	defaults := webhooks.DefaultOptions(world.Options{})
	fs.IntVar(&a.concurrent, "webhook-max-concurrent", defaults.MaxConcurrent, "how many reviews are judged at once; a caller beyond that is answered 429")
	fs.DurationVar(&a.readTimeout, "webhook-read-timeout", defaults.ReadTimeout, "how long a caller may take to send a review")
}

// certificates returns nil where no webhooks are to be served: turned off, or outside of a cluster with nobody to call them.
func (a *admission) certificates() (*certificates.Certificates, error) {
	if a.port == 0 || a.namespace == "" && a.source == "auto" {
		return nil, nil
	}
	return certificates.New(certificates.Options{
		Source: certificates.Source(a.source), Dir: a.dir, CertName: a.cert, KeyName: a.key,
		Secret:     types.NamespacedName{Namespace: a.namespace, Name: certificateSecret},
		Service:    "promloop-webhook-service",
		Validating: "promloop-validating-webhook-configuration",
		Mutating:   "promloop-mutating-webhook-configuration",
	}, os.LookupEnv)
}

// ownNamespace is where the operator's pod runs, "" outside of a cluster.
func ownNamespace() string {
	if ns := os.Getenv("POD_NAMESPACE"); ns != "" {
		return ns
	}
	data, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
