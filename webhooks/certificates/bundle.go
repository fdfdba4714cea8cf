package certificates

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
)

// Bundle is everything that the webhook's Secret holds, PEM encoded.
type Bundle struct {
	// CAs are the authorities that callers shall trust, the newest first.
	CAs []byte
	// CAKey is the key of the newest authority.
	CAKey []byte
	// Cert and Key are what the server shows.
	Cert, Key []byte
}

// Policy says how long certificates live and when they are replaced.
type Policy struct {
	// Names are what the server is called by; the first is its common name.
	Names []string
	// CALife and CertLife are the life times of new authorities and certificates. Each is replaced after two thirds of it.
	CALife, CertLife time.Duration
	// Backdate is how far new ones reach into the past, for callers whose clock is behind.
	Backdate time.Duration
	// Settle is how long a new authority is only told to callers, before a certificate of it is shown to them.
	Settle time.Duration
	// LookEvery is how long a deleted Secret or a foreign authority in a webhook configuration stays unnoticed at most.
	LookEvery time.Duration
}

// DefaultPolicy returns the policy for a server with the given names.
func DefaultPolicy(names ...string) Policy {
	const day = 24 * time.Hour
	return Policy{
		Names: names, CALife: 10 * 365 * day, CertLife: 90 * day, Backdate: time.Hour, Settle: time.Minute, LookEvery: 30 * time.Second,
	}
}

// Next returns what have should be at the given time, and when to look again. An authority is replaced in two steps, so that every
// caller trusts it before it is used: first it is put in front of the others, and only when it has settled it signs. An
// authority that has expired is forgotten. What can't be read is made anew at once.
func (p Policy) Next(now time.Time, have Bundle) (Bundle, time.Time, error) {
	authority, err := readAuthority(have)
	if err != nil || !fresh(authority.Cert, now) {
		authority, err = p.newAuthority(now)
		if err != nil {
			return Bundle{}, time.Time{}, err
		}
		have.CAs = append(bytes.Clone(authority.CertPEM), have.CAs...)
		have.CAKey = authority.KeyPEM
	}
	have.CAs = unexpired(have.CAs, now)
	settled := authority.Cert.NotBefore.Add(p.Backdate + p.Settle)
	cert, err := p.readCert(have, now)
	outdated := err == nil && (!fresh(cert, now) || cert.CheckSignatureFrom(authority.Cert) != nil)
	if err != nil || outdated && !now.Before(settled) {
		have.Cert, have.Key, err = p.newCert(authority, now)
		if err != nil {
			return Bundle{}, time.Time{}, err
		}
		cert, err = p.readCert(have, now)
		if err != nil {
			return Bundle{}, time.Time{}, err
		}
	}
	if now.Before(settled) {
		return have, settled, nil
	}
	return have, earlier(twoThirds(authority.Cert), twoThirds(cert)), nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func twoThirds(c *x509.Certificate) time.Time {
	return c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) * 2 / 3)
}

func fresh(c *x509.Certificate, now time.Time) bool {
	return !now.Before(c.NotBefore) && now.Before(twoThirds(c))
}

// maker makes keys and certificates.
func (p Policy) maker() *rotator.CertRotator {
	return &rotator.CertRotator{
		CAName: "promloop-webhook-ca", CAOrganization: "promloop", DNSName: p.Names[0], ExtraDNSNames: p.Names[1:],
		ExtKeyUsages: &[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func (p Policy) newAuthority(now time.Time) (*rotator.KeyPairArtifacts, error) {
	return p.maker().CreateCACert(now.Add(-p.Backdate), now.Add(p.CALife))
}

func (p Policy) newCert(authority *rotator.KeyPairArtifacts, now time.Time) (cert, key []byte, err error) {
	return p.maker().CreateCertPEM(authority, now.Add(-p.Backdate), now.Add(p.CertLife))
}

// readAuthority reads the newest authority and its key.
func readAuthority(b Bundle) (*rotator.KeyPairArtifacts, error) {
	first, _ := pem.Decode(b.CAs)
	key, _ := pem.Decode(b.CAKey)
	if first == nil || key == nil {
		return nil, errors.New("there is no authority")
	}
	pair, err := tls.X509KeyPair(pem.EncodeToMemory(first), b.CAKey)
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS1PrivateKey(key.Bytes)
	if err != nil {
		return nil, err
	}
	return &rotator.KeyPairArtifacts{Cert: pair.Leaf, Key: private, CertPEM: pem.EncodeToMemory(first), KeyPEM: b.CAKey}, nil
}

// readCert reads the server's certificate, if callers that trust the authorities would accept it under every name.
func (p Policy) readCert(b Bundle, now time.Time) (*x509.Certificate, error) {
	pair, err := tls.X509KeyPair(b.Cert, b.Key)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(b.CAs)
	for _, name := range p.Names {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: trusted, CurrentTime: now}); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return pair.Leaf, nil
}

// unexpired leaves the authorities out that nobody accepts any more.
func unexpired(cas []byte, now time.Time) []byte {
	var out []byte
	for block, rest := pem.Decode(cas); block != nil; block, rest = pem.Decode(rest) {
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && now.Before(c.NotAfter) {
			out = append(out, pem.EncodeToMemory(block)...)
		}
	}
	return out
}
