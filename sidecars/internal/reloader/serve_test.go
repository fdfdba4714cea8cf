package reloader_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

// identity is a certificate that signs itself, for 127.0.0.1, for both sides of a connection.
type identity struct {
	cert tls.Certificate
	pool *x509.CertPool
}

// issue makes an identity and writes it to tls.crt and tls.key.
func issue(t *testing.T, dir string) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	check(t, err)
	check(t, os.MkdirAll(dir, 0o755))
	check(t, os.WriteFile(filepath.Join(dir, "tls.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	check(t, os.WriteFile(filepath.Join(dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), 0o600))
	parsed, err := x509.ParseCertificate(der)
	check(t, err)
	id := identity{cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool: x509.NewCertPool()}
	id.pool.AddCert(parsed)
	return id
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a reloader until the test is over and returns the address of its report.
func start(t *testing.T, domain contract.Domain, args, vars []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	addr := l.Addr().String()
	check(t, l.Close())
	var errs bytes.Buffer
	c := reloader.Command{Domain: domain, Version: "v9", Args: append(args, "--listen-address="+addr), Env: env(vars...), Errs: &errs}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit %d: %s", code, &errs)
		}
	})
	return addr
}

// report starts a reloader with these variables and returns the address of its report once that is served.
func report(t *testing.T, vars ...string) string {
	t.Helper()
	addr := start(t, contract.Rules, []string{"--webhook-url=http://127.0.0.1:1/-/reload", "--volume-dir=" + t.TempDir()}, vars)
	for range 500 {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			check(t, conn.Close())
			return addr
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("it does not listen")
	return ""
}

// ask is the status of an answer, 0 for none.
func ask(url, token string, config *tls.Config) int {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}, Timeout: 5 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestTheMetricsTellTheVersion(t *testing.T) {
	t.Parallel()
	res, err := http.Get("http://" + report(t) + "/metrics")
	check(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(t, err)
	if want := `version="v9"`; !strings.Contains(string(body), want) {
		t.Errorf("%s is not in the metrics:\n%s", want, body)
	}
}

func TestTheReportAsksForItsToken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	check(t, os.WriteFile(file, []byte("first\n"), 0o600))
	base := "http://" + report(t, "RELOADER_WEB_TOKEN_FILE="+file)
	expect := func(reason, path, token string, want int) {
		t.Helper()
		if got := ask(base+path, token, nil); got != want {
			t.Errorf("%s: %s answers %d, want %d", reason, path, got, want)
		}
	}
	for _, path := range []string{"/v1/loaded", "/metrics"} {
		expect("no token", path, "", 401)
		expect("a wrong one", path, "Bearer second", 401)
		expect("the beginning of it", path, "Bearer firs", 401)
		expect("another scheme", path, "Basic first", 401)
		expect("the right one", path, "Bearer first", 200)
	}
	expect("a kubelet has no token", "/healthz", "", 200)
	check(t, os.WriteFile(file, []byte("second\n"), 0o600))
	expect("rotated", "/v1/loaded", "Bearer second", 200)
	expect("the old one", "/v1/loaded", "Bearer first", 401)
	check(t, os.WriteFile(file, nil, 0o600))
	expect("an empty file lets nobody in", "/v1/loaded", "Bearer ", 401)
}

func TestTheReportServesTLSAndAsksForClientCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, client := issue(t, dir+"/server"), issue(t, dir+"/client")
	base := "https://" + report(t, "RELOADER_WEB_CERT_FILE="+dir+"/server/tls.crt", "RELOADER_WEB_KEY_FILE="+dir+"/server/tls.key",
		"RELOADER_WEB_CLIENT_CA_FILE="+dir+"/client/tls.crt") + "/v1/loaded"
	with := func(server identity, clients ...identity) *tls.Config {
		c := &tls.Config{RootCAs: server.pool}
		for _, id := range clients {
			c.Certificates = append(c.Certificates, id.cert)
		}
		return c
	}
	if got := ask(base, "", with(server, client)); got != 200 {
		t.Errorf("both sides know each other: %d", got)
	}
	if got := ask(base, "", with(server)); got != 0 {
		t.Errorf("a client without a certificate is answered with %d", got)
	}
	if got := ask(base, "", with(server, issue(t, dir+"/stranger"))); got != 0 {
		t.Errorf("a client that nobody vouches for is answered with %d", got)
	}
	oldServer, oldClient := server, client
	server, client = issue(t, dir+"/server"), issue(t, dir+"/client")
	if got := ask(base, "", with(server, client)); got != 200 {
		t.Errorf("after a rotation of both: %d", got)
	}
	if ask(base, "", with(oldServer, client)) != 0 || ask(base, "", with(server, oldClient)) != 0 {
		t.Error("what was rotated away still counts")
	}
}
