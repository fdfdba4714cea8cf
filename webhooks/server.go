package webhooks

import (
	"crypto/tls"

	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/promloop/promloop/webhooks/certificates"
)

// NewServer returns the webhook server for a manager, with the certificate of certs. It speaks HTTP/1.1 only: with HTTP/2 one
// connection could open reviews without end.
func NewServer(host string, port int, certs *certificates.Certificates) webhook.Server {
	return webhook.NewServer(webhook.Options{Host: host, Port: port, TLSOpts: []func(*tls.Config){
		func(c *tls.Config) {
			c.NextProtos, c.MinVersion = []string{"http/1.1"}, tls.VersionTLS12
			certs.Configure(c)
		},
	}})
}
