package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// TestMetricsOverTLS has a client look at what the flags make of the server.
func TestMetricsOverTLS(t *testing.T) {
	dir := t.TempDir()
	server := newCertificate(t, dir, "server")
	own := newCertificate(t, dir, "client")
	line := "--web.enable-tls=true --web.cert-file=" + server.file + " --web.key-file=" + server.key
	cases := map[string]struct {
		reason, line string
		client       *tls.Config
		works        bool
	}{
		"TLS":               {"the certificate of the flags is served", line, &tls.Config{}, true},
		"Older":             {"TLS 1.3 is the least by default", line, &tls.Config{MaxVersion: tls.VersionTLS12}, false},
		"OlderAllowed":      {"another least can be set", line + " --web.tls-min-version=VersionTLS12", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"OtherSuite":        {"only the suites of the flag are spoken", line + " --web.tls-min-version=VersionTLS12 --web.tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, false},
		"OtherCurve":        {"only the curves of the flag are taken", line + " --web.tls-curves=CurveP384", &tls.Config{CurvePreferences: []tls.CurveID{tls.X25519}}, false},
		"NoClient":          {"without its certificate a client is sent away", line + " --web.client-ca-file=" + own.file, &tls.Config{}, false},
		"Client":            {"with it the client is served", line + " --web.client-ca-file=" + own.file, &tls.Config{Certificates: own.pair(t)}, true},
		"ClientOfSomeOther": {"another CA vouches for nobody", line + " --web.client-ca-file=" + server.file, &tls.Config{Certificates: own.pair(t)}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			address := serveMetrics(t, tc.line)
			tc.client.RootCAs = server.pool(t)
			for _, path := range []string{"/metrics", "/healthz"} {
				err := get("https://"+address+path, tc.client)
				if (err == nil) != tc.works {
					t.Errorf("%s: %s: %v", tc.reason, path, err)
				}
			}
		})
	}
}

func TestMetricsWithoutTLS(t *testing.T) {
	address := serveMetrics(t, "--web.enable-tls=false")
	for _, path := range []string{"/metrics", "/healthz"} {
		if err := get("http://"+address+path, nil); err != nil {
			t.Error(err)
		}
	}
}

// TestNewCertificateIsServed replaces the certificate under the running server.
func TestNewCertificateIsServed(t *testing.T) {
	dir := t.TempDir()
	old := newCertificate(t, dir, "server")
	address := serveMetrics(t, "--web.enable-tls --web.cert-file="+old.file+" --web.key-file="+old.key)
	fresh := newCertificate(t, dir, "server")
	eventually(t, "the new certificate is served", func() error {
		return get("https://"+address+"/metrics", &tls.Config{RootCAs: fresh.pool(t)})
	})
}

func TestFilesOfTheWebServer(t *testing.T) {
	dir := t.TempDir()
	server := newCertificate(t, dir, "server")
	line := "--web.enable-tls --web.cert-file=" + server.file + " --web.key-file=" + server.key
	for line, want := range map[string]string{
		"--web.enable-tls": "--web.cert-file",
		line + " --web.client-ca-file=" + dir + "/no": "--web.client-ca-file",
		line + " --web.client-ca-file=" + server.key:  "there is no certificate in",
	} {
		s, err := parse(strings.Fields(line), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.web.server(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v must say %s: who asked for TLS does not get less", line, err, want)
		}
	}
}

// serveMetrics starts the metrics server of a command line, and returns its address.
func serveMetrics(t *testing.T, line string) string {
	t.Helper()
	address := freeAddress(t)
	s, err := parse(append(strings.Fields(line), "--web.listen-address="+address), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	options, watcher, err := s.web.server()
	if err != nil {
		t.Fatal(err)
	}
	server, err := metricsserver.NewServer(options, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	runUntilTheEnd(t, server.Start)
	if watcher != nil {
		runUntilTheEnd(t, watcher.Start)
	}
	eventually(t, "the server listens", func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	return address
}

func runUntilTheEnd(t *testing.T, start func(context.Context) error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.After(time.Minute)
	for err := try(); err != nil; err = try() {
		select {
		case <-deadline:
			t.Fatalf("%s: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// get is an error unless the answer is 200.
func get(url string, config *tls.Config) error {
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// certificate is one that signs itself, for localhost and for clients, and its files.
type certificate struct{ file, key string }

func newCertificate(t *testing.T, dir, name string) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := certificate{file: filepath.Join(dir, name+".crt"), key: filepath.Join(dir, name+".key")}
	for file, block := range map[string]*pem.Block{c.file: {Type: "CERTIFICATE", Bytes: der}, c.key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c certificate) pool(t *testing.T) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(c.file)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s: %v", c.file, err)
	}
	return pool
}

func (c certificate) pair(t *testing.T) []tls.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.file, c.key)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{pair}
}
