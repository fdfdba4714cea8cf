package prometheus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/prometheus"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// certificate signs itself and names a host that nobody asks for.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"prometheus.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func writePEM(t *testing.T, path string, cert tls.Certificate) {
	t.Helper()
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// serveTLS answers "ready" with the certificate that the pointer leads to when a connection is made.
func serveTLS(t *testing.T, cert *tls.Certificate) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/ready", says(200, "ok"))
	s := httptest.NewUnstartedServer(mux)
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{*cert}}, nil
	}}
	s.Config.SetKeepAlivesEnabled(false) // a connection each, so that each is checked
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func TestTheServedCertificateIsTrustedAndNoOther(t *testing.T) {
	served, other := certificate(t), certificate(t)
	file := filepath.Join(t.TempDir(), "tls.crt")
	c := client(t, serveTLS(t, &served))
	c.Auth.ServedCertFile = file
	if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready || !strings.Contains(p.Problem.Text, file) {
		t.Errorf("without the file: %+v", p)
	}
	writePEM(t, file, served)
	if p := c.Probe(t.Context(), false); p.Phase != transaction.Ready {
		t.Errorf("it names another host, and is the one that is served: %+v", p)
	}
	served = other
	if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready || !strings.Contains(p.Problem.Text, "another certificate") {
		t.Errorf("somebody else answers: %+v", p)
	}
	writePEM(t, file, other)
	if p := c.Probe(t.Context(), false); p.Phase != transaction.Ready {
		t.Errorf("after a rotation of both: %+v", p)
	}
}

func TestOnlyTheCAVouches(t *testing.T) {
	served := certificate(t)
	c := client(t, serveTLS(t, &served))
	if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready {
		t.Error("nobody vouches for this server")
	}
	c.Auth.CAFile = filepath.Join(t.TempDir(), "ca.crt")
	writePEM(t, c.Auth.CAFile, served)
	if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready {
		t.Error("it is asked as 127.0.0.1, which its certificate does not name")
	}
	c.Auth.ServerName = "prometheus.example.com"
	writePEM(t, c.Auth.CAFile, certificate(t))
	if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready {
		t.Error("another CA than its own vouches")
	}
	writePEM(t, c.Auth.CAFile, served)
	if p := c.Probe(t.Context(), false); p.Phase != transaction.Ready {
		t.Errorf("its own CA under its own name: %+v", p)
	}
}

func TestNobodyVouchesForTheLoopbackInterface(t *testing.T) {
	served := certificate(t)
	c := client(t, serveTLS(t, &served))
	c.Auth.InsecureLoopback = true
	if p := c.Probe(t.Context(), false); p.Phase != transaction.Ready {
		t.Errorf("any certificate will do here: %+v", p)
	}
	for _, elsewhere := range []string{"https://192.0.2.1", "https://[2001:db8::1]:9090", "http://192.0.2.1"} {
		c := client(t, elsewhere)
		c.Auth.InsecureLoopback = true
		if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready || !strings.Contains(p.Problem.Text, "is no loopback address") {
			t.Errorf("%s: %+v", elsewhere, p)
		}
	}
}

func TestWhatIsKnownOfTheCertificateGoesBeforeTrust(t *testing.T) {
	served, other := certificate(t), certificate(t)
	file := filepath.Join(t.TempDir(), "tls.crt")
	writePEM(t, file, other)
	for name, auth := range map[string]prometheus.Auth{
		"the served certificate": {InsecureLoopback: true, ServedCertFile: file},
		"the CA":                 {InsecureLoopback: true, CAFile: file},
	} {
		c := client(t, serveTLS(t, &served))
		c.Auth = auth
		if p := c.Probe(t.Context(), false); p.Phase == transaction.Ready {
			t.Errorf("%s is another, and does not count", name)
		}
	}
}
