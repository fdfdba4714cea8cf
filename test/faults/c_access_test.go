package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func TestC34_RoutePrefix(t *testing.T) {
	prove(t, fault{
		id: "C34", what: "Prometheus under a route prefix; then a wrong one",
		guard:   "the base URL is cut to its host",
		without: change{edits: []edit{{"reloader/options.go", `o.PrometheusURL, _, _ = strings.Cut(o.PrometheusURL, "/api/")`, `o.PrometheusURL, _, _ = strings.Cut(o.PrometheusURL, "/prom")`}}},
		run: func(r *rig) {
			r.prefix = "/prom"
			r.flags = []string{"--web.route-prefix=/prom"}
			r.start()
			r.awaitLoaded(config, r.setConfig("base", "prefixed"), soon)
			r.url = r.scheme + "://" + r.addr + "/wrong"
			r.startReloader(config)
			r.setConfig("base", "lost")
			if l := r.awaitReason(config, "ReloadNotFound"); !strings.Contains(l.Error, "/wrong") {
				r.failf("the error does not name the URL: %s", l.Error)
			}
		},
	})
}

func TestC35_TLSRotated(t *testing.T) {
	prove(t, fault{
		id: "C35", what: "Prometheus with TLS of its own CA and required client certificates, all rotated",
		guard:   "the files are read once",
		without: change{edits: []edit{{"prometheus/auth.go", "if a.transport != nil && a.stamp == stamp {", "if a.transport != nil {"}}},
		run: func(r *rig) {
			pki := r.path("pki")
			r.must(os.Mkdir(pki, 0o700), "pki")
			r.issue(pki)
			web := r.path("web.yml")
			r.must(os.WriteFile(web, fmt.Appendf(nil, "tls_server_config:\n  cert_file: %s/tls.crt\n  key_file: %s/tls.key\n  client_ca_file: %s/ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n", pki, pki, pki), 0o600), "web config")
			r.scheme, r.flags = "https", []string{"--web.config.file=" + web}
			r.env[""] = []string{"RELOADER_PROMETHEUS_CA_FILE=" + pki + "/ca.crt", "RELOADER_PROMETHEUS_CERT_FILE=" + pki + "/tls.crt", "RELOADER_PROMETHEUS_KEY_FILE=" + pki + "/tls.key"}
			r.start()
			r.awaitLoaded(config, r.setConfig("base", "encrypted"), soon)
			r.issue(pki)
			r.startPrometheus()
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			r.awaitLoaded(config, r.setConfig("base", "rotated"), soon)
			r.lifetime = -time.Minute
			r.issue(pki)
			r.startPrometheus()
			c := r.setConfig("base", "expired")
			r.await(10*time.Second, "the config reloader says that the certificate has expired", func() bool {
				l := r.report(config)
				return l.Reason == "PrometheusNotReady" && strings.Contains(l.Error, "expired")
			})
			r.lifetime = time.Hour
			r.issue(pki)
			r.awaitLoaded(config, c, 10*time.Second)
		},
	})
}

func TestC35_ServedCertificatePinned(t *testing.T) {
	prove(t, fault{
		id: "C35", what: "Prometheus serves a certificate that does not name the address it is asked at; then another one than is mounted",
		guard:   "the certificate is not compared",
		without: change{edits: []edit{{"prometheus/auth.go", "		config.VerifyConnection = a.isServed\n", ""}}},
		run: func(r *rig) {
			served, mounted := r.path("served"), r.path("mounted.crt")
			r.must(os.Mkdir(served, 0o700), "served")
			mount := func() {
				data, err := os.ReadFile(filepath.Join(served, "tls.crt"))
				r.must(err, "certificate")
				r.must(os.WriteFile(mounted, data, 0o600), "certificate")
			}
			r.issue(served, "prometheus.example.com")
			mount()
			web := r.path("web.yml")
			r.must(os.WriteFile(web, fmt.Appendf(nil, "tls_server_config:\n  cert_file: %s/tls.crt\n  key_file: %s/tls.key\n", served, served), 0o600), "web config")
			r.scheme, r.flags = "https", []string{"--web.config.file=" + web}
			r.env[""] = []string{"RELOADER_PROMETHEUS_SERVED_CERT_FILE=" + mounted}
			r.start()
			r.awaitLoaded(config, r.setConfig("base", "encrypted"), soon)
			r.issue(served, "prometheus.example.com")
			r.startPrometheus() // ends the connections
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			c := r.setConfig("base", "rotated")
			r.await(soon, "the config reloader names the file that holds another certificate", func() bool {
				l := r.report(config)
				return l.Reason == "PrometheusNotReady" && strings.Contains(l.Error, mounted)
			})
			mount()
			r.awaitLoaded(config, c, soon)
		},
	})
}

func TestC35_CertificateOutOfSight(t *testing.T) {
	prove(t, fault{
		id: "C35", what: "Prometheus serves a certificate that names another host, from files that no reloader can read",
		guard:   "on the loopback interface it is asked all the same",
		without: change{edits: []edit{{"prometheus/auth.go", "		config.InsecureSkipVerify = true // the dialer", "		_ = true // the dialer"}}},
		run: func(r *rig) {
			served, web := r.path("served"), r.path("web.yml")
			r.must(os.Mkdir(served, 0o700), "served")
			r.issue(served, "prometheus.example.com")
			r.must(os.WriteFile(web, fmt.Appendf(nil, "tls_server_config:\n  cert_file: %s/tls.crt\n  key_file: %s/tls.key\n", served, served), 0o600), "web config")
			r.scheme, r.flags = "https", []string{"--web.config.file=" + web}
			r.env[""] = []string{"RELOADER_PROMETHEUS_INSECURE_LOOPBACK=true"}
			r.start()
			r.awaitLoaded(config, r.setConfig("base", "encrypted"), soon)
			r.issue(served, "prometheus.example.com")
			r.startPrometheus() // ends the connections
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			r.awaitLoaded(config, r.setConfig("base", "rotated"), soon)
		},
	})
}

// issue makes a new CA and a certificate for both sides, for 127.0.0.1 unless it names other hosts, and lets the test use them.
func (r *rig) issue(dir string, hosts ...string) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r.must(err, "key")
	ca := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(r.lifetime), KeyUsage: x509.KeyUsageCertSign}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	r.must(err, "CA")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r.must(err, "key")
	leaf := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "prometheus"}, DNSNames: hosts,
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	serverName := "127.0.0.1"
	if len(hosts) > 0 {
		serverName = hosts[0]
	} else {
		leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	r.must(err, "certificate")
	keyDER, err := x509.MarshalECPrivateKey(key)
	r.must(err, "key")
	for name, block := range map[string]*pem.Block{"ca.crt": {Type: "CERTIFICATE", Bytes: caDER}, "tls.crt": {Type: "CERTIFICATE", Bytes: der}, "tls.key": {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		r.must(os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600), name)
	}
	parsed, err := x509.ParseCertificate(caDER)
	r.must(err, "CA")
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	r.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: serverName, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
}

func TestC36_BasicAuth(t *testing.T) {
	prove(t, fault{
		id: "C36", what: "basic auth on the web port; a wrong password, then the right one",
		guard:   "credentials are not sent",
		without: change{edits: []edit{{"prometheus/auth.go", "		req.SetBasicAuth(user, password)\n", "		_ = password\n"}}},
		run: func(r *rig) {
			const right = "correct horse"
			hash, err := bcrypt.GenerateFromPassword([]byte(right), bcrypt.MinCost)
			r.must(err, "hash")
			web, password := r.path("web.yml"), r.path("password")
			r.must(os.WriteFile(web, fmt.Appendf(nil, "basic_auth_users:\n  reloader: %s\n", hash), 0o600), "web config")
			r.must(os.WriteFile(password, []byte(right+"\n"), 0o600), "password")
			r.flags = []string{"--web.config.file=" + web}
			r.env[""] = []string{"RELOADER_PROMETHEUS_USERNAME=reloader", "RELOADER_PROMETHEUS_PASSWORD_FILE=" + password}
			r.client.Transport = withUser{"reloader", right}
			r.start()
			r.must(os.WriteFile(password, []byte("wrong staple"), 0o600), "password")
			c := r.setConfig("base", "authorized")
			r.awaitReason(config, "Unauthorized")
			r.must(os.WriteFile(password, []byte(right), 0o600), "password")
			r.awaitLoaded(config, c, soon)
			if n := strings.Count(r.config.log(), "reason=Unauthorized"); n != 1 {
				r.failf("a wrong password is told %d times", n)
			}
			all := r.config.log() + r.rules.log() + r.page(config, "/metrics") + r.page(rules, "/v1/loaded") + strings.Join(r.config.args, " ")
			if strings.Contains(all, right) || strings.Contains(all, "wrong staple") {
				r.failf("the password is in the log, in a report or in the arguments")
			}
		},
	})
}

type withUser struct{ name, password string }

func (u withUser) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.SetBasicAuth(u.name, u.password)
	return http.DefaultTransport.RoundTrip(req)
}
