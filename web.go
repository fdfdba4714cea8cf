package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// web are the flags of the server of /metrics, under upstream's names.
type web struct {
	address             string
	tls, http2          bool
	cert, key, clientCA string
	minVersion          uint16
	ciphers             []uint16
	curves              []tls.CurveID
}

// defaultClientCA is where upstream looks for it; that it is not there says that clients need no certificate.
const defaultClientCA = "/etc/tls/private/tls-ca.crt"

func (w *web) flags(set *flag.FlagSet) {
	set.StringVar(&w.address, "metrics-bind-address", ":8080", "address of /metrics; 0 turns it off")
	set.StringVar(&w.address, "web.listen-address", ":8080", "the same under its older name")
	set.BoolVar(&w.tls, "web.enable-tls", false, "serve /metrics with TLS")
	set.BoolVar(&w.http2, "web.enable-http2", false, "speak HTTP/2 there too")
	set.StringVar(&w.cert, "web.cert-file", "/etc/tls/private/tls.crt", "certificate of /metrics; it is read again when it changes")
	set.StringVar(&w.key, "web.key-file", "/etc/tls/private/tls.key", "its key")
	set.StringVar(&w.clientCA, "web.client-ca-file", defaultClientCA, "who vouches for the clients of /metrics; without this file they need no certificate")
	w.minVersion = tls.VersionTLS13
	set.Func("web.tls-min-version", "VersionTLS12 or VersionTLS13, the default", func(value string) error {
		versions := []uint16{}
		err := each(&versions, map[string]uint16{"VersionTLS12": tls.VersionTLS12, "VersionTLS13": tls.VersionTLS13})(value)
		if len(versions) > 0 {
			w.minVersion = slices.Min(versions)
		}
		return err
	})
	set.Func("web.tls-cipher-suites", "comma-separated suites of TLS 1.2, Go's choice by default", each(&w.ciphers, cipherSuites()))
	set.Func("web.tls-curves", "comma-separated curves, Go's choice by default", each(&w.curves, curves()))
}

// cipherSuites are all that Go knows, by name.
func cipherSuites() map[string]uint16 {
	known := map[string]uint16{}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		known[suite.Name] = suite.ID
	}
	return known
}

func curves() map[string]tls.CurveID {
	known := map[string]tls.CurveID{}
	for _, curve := range []tls.CurveID{tls.CurveP256, tls.CurveP384, tls.CurveP521, tls.X25519, tls.X25519MLKEM768} {
		known[curve.String()] = curve
	}
	return known
}

// server are the options of the metrics server, and what watches its certificate, nil without TLS. It answers /healthz too, where
// the probes of upstream's manifests ask.
func (w *web) server() (metricsserver.Options, *certwatcher.CertWatcher, error) {
	alive := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	options := metricsserver.Options{BindAddress: w.address, SecureServing: w.tls, ExtraHandlers: map[string]http.Handler{"/healthz": alive}}
	if !w.tls {
		return options, nil, nil
	}
	watcher, err := certwatcher.New(w.cert, w.key)
	if err != nil {
		return options, nil, fmt.Errorf("--web.enable-tls needs the certificate and key of --web.cert-file and --web.key-file: %w", err)
	}
	verify, err := w.asksClients()
	options.TLSOpts = []func(*tls.Config){func(c *tls.Config) {
		c.MinVersion, c.CipherSuites, c.CurvePreferences, c.GetCertificate = w.minVersion, w.ciphers, w.curves, watcher.GetCertificate
		if !w.http2 {
			c.NextProtos = []string{"http/1.1"}
		}
		if verify {
			c.ClientAuth = tls.RequireAndVerifyClientCert
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return w.verifying(c) }
		}
	}}
	return options, watcher, err
}

// asksClients reports whether clients need a certificate. A file that was named and can't be used is an error: to serve everybody
// instead is not what was asked for.
func (w *web) asksClients() (bool, error) {
	if w.clientCA == "" {
		return false, nil
	}
	_, err := w.clientCAs()
	if w.clientCA == defaultClientCA && errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, err
}

// verifying is c with the CA as its file is now.
func (w *web) verifying(c *tls.Config) (*tls.Config, error) {
	pool, err := w.clientCAs()
	c = c.Clone()
	c.ClientCAs, c.GetConfigForClient = pool, nil
	return c, err
}

func (w *web) clientCAs() (*x509.CertPool, error) {
	pem, err := os.ReadFile(w.clientCA)
	if err != nil {
		return nil, fmt.Errorf("--web.client-ca-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--web.client-ca-file: there is no certificate in %s", w.clientCA)
	}
	return pool, nil
}
