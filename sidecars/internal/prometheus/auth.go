package prometheus

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

// Auth is how to be let in. All secrets are files and are read again when they change, so rotation needs no restart. The zero
// Auth is plain HTTP, or HTTPS that the system's roots vouch for.
type Auth struct {
	// ServedCertFile is the very certificate that Prometheus serves, for one that does not name the address it is asked at.
	ServedCertFile                        string
	CAFile, CertFile, KeyFile, ServerName string
	// InsecureLoopback trusts any certificate, and asks at a loopback address only. It is for a Prometheus whose certificate nobody
	// else can read. ServedCertFile and CAFile go before it.
	InsecureLoopback                                bool
	Username, PasswordFile, UsernameFile, TokenFile string

	stamp     string
	transport *http.Transport
}

// sign adds credentials to the request and returns the transport to send it with.
func (a *Auth) sign(req *http.Request) (http.RoundTripper, error) {
	if err := a.addCredentials(req); err != nil {
		return nil, err
	}
	stamp := snapshot.FileStamp(a.ServedCertFile) + "/" + snapshot.FileStamp(a.CAFile) + "/" + snapshot.FileStamp(a.CertFile) + "/" + snapshot.FileStamp(a.KeyFile)
	if a.transport != nil && a.stamp == stamp {
		return a.transport, nil
	}
	config, err := a.tls()
	if err != nil {
		return nil, err
	}
	if a.transport != nil {
		a.transport.CloseIdleConnections()
	}
	a.stamp = stamp
	a.transport = &http.Transport{
		DialContext: a.dialer().DialContext, TLSClientConfig: config, ForceAttemptHTTP2: false,
		MaxIdleConns: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: probeTimeout,
	}
	return a.transport, nil
}

func (a *Auth) addCredentials(req *http.Request) error {
	user, err := secret(a.UsernameFile)
	if err != nil {
		return err
	}
	if a.Username != "" {
		user = a.Username
	}
	if user != "" {
		password, err := secret(a.PasswordFile)
		if err != nil {
			return err
		}
		req.SetBasicAuth(user, password)
		return nil
	}
	token, err := secret(a.TokenFile)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return err
}

func (a *Auth) tls() (*tls.Config, error) {
	config := &tls.Config{ServerName: a.ServerName, MinVersion: tls.VersionTLS12}
	switch {
	case a.ServedCertFile != "":
		config.InsecureSkipVerify = true // neither its name nor its issuer, but the certificate itself is checked
		config.VerifyConnection = a.isServed
	case a.CAFile != "":
		roots, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(roots) {
			return nil, fmt.Errorf("CA file %s holds no PEM certificate", a.CAFile)
		}
	case a.trustsLoopback():
		config.InsecureSkipVerify = true // the dialer sees to it that this is the loopback interface
	}
	if a.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return config, nil
}

func (a *Auth) trustsLoopback() bool {
	return a.InsecureLoopback && a.ServedCertFile == "" && a.CAFile == ""
}

func (a *Auth) dialer() *net.Dialer {
	d := net.Dialer{Timeout: probeTimeout}
	if a.trustsLoopback() {
		d.Control = loopbackOnly
	}
	return &d
}

// loopbackOnly refuses every other address before a packet leaves, whatever name it goes by: /etc/hosts may say anything.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address of Prometheus: %w", err)
	}
	if !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is no loopback address: say by what certificate this Prometheus is known", to)
	}
	return nil
}

// isServed compares what the server presents with the file, as that is now: Prometheus reads it anew for each connection, too.
func (a *Auth) isServed(c tls.ConnectionState) error {
	data, err := os.ReadFile(a.ServedCertFile)
	if err != nil {
		return fmt.Errorf("certificate that Prometheus serves: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return fmt.Errorf("%s does not begin with a PEM certificate", a.ServedCertFile)
	}
	if !bytes.Equal(block.Bytes, c.PeerCertificates[0].Raw) {
		return fmt.Errorf("the server presents another certificate than the one in %s", a.ServedCertFile)
	}
	return nil
}

// secret reads a mounted secret without the newline that editors leave; "" for no path.
func secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	return strings.TrimRight(string(data), "\r\n"), err
}
