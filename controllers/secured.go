package controllers

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/promloop/promloop/internal/world"
)

// certificate is what is known of the one that the sidecars of a Prometheus serve.
type certificate struct {
	// pinned means that no other will do; without it, it is a file of the pods that the operator can't read.
	pinned bool
	// der is nil where a pinned one can't be read just now.
	der []byte
}

// servedBy is the certificate that w says is served.
func servedBy(w *world.World) certificate {
	from, ok := world.ServedCertificate(w.Prometheus)
	if !ok {
		return certificate{}
	}
	value, err := w.Values.Get(from)
	if err != nil {
		return certificate{pinned: true}
	}
	block, _ := pem.Decode(value.Reveal())
	if block == nil {
		return certificate{pinned: true}
	}
	return certificate{pinned: true, der: block.Bytes}
}

// errAnotherCertificate says that a sidecar serves a certificate that was never seen where its Prometheus says.
var errAnotherCertificate = errors.New("another certificate than the one that spec.web.tlsConfig.cert refers to")

// secured asks the sidecars of one Prometheus that serve TLS. They are known by the very certificate, as it names no address of a pod.
type secured struct {
	client *http.Client

	mu     sync.Mutex
	pinned bool
	// known is the certificate as it is and as it was before: a pod has a new one when its kubelet has brought it, minutes later.
	known [][]byte
}

func newSecured() *secured {
	s := &secured{}
	s.client = &http.Client{Timeout: answerWithin, Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, TLSHandshakeTimeout: dialTimeout, IdleConnTimeout: 2 * confirmEvery,
		// Neither names nor issuers are checked, but the certificate itself.
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: s.verify},
	}}
	return s
}

// renew takes what is known now. One that can't be read just now changes nothing.
func (s *secured) renew(c certificate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pinned = c.pinned
	if c.der == nil || len(s.known) > 0 && bytes.Equal(s.known[0], c.der) {
		return
	}
	s.known = append([][]byte{c.der}, s.known[:min(1, len(s.known))]...)
}

func (s *secured) verify(c tls.ConnectionState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pinned || slices.ContainsFunc(s.known, func(der []byte) bool { return bytes.Equal(der, c.PeerCertificates[0].Raw) }) {
		return nil
	}
	return errAnotherCertificate
}
