package certificates_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/webhooks/certificates"
)

const (
	name   = "webhook.system.svc"
	second = "webhook.system.svc.cluster.local"
)

func policy() certificates.Policy {
	p := certificates.DefaultPolicy(name, second)
	p.CALife, p.CertLife, p.Settle = 60*time.Hour, 30*time.Hour, time.Hour
	return p
}

var epoch = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// accepts reports whether a caller that trusts the authorities of one bundle accepts the certificate of another.
func accepts(t *testing.T, trusted, shown certificates.Bundle, now time.Time) error {
	t.Helper()
	pair, err := tls.X509KeyPair(shown.Cert, shown.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted.CAs)
	_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: second, Roots: roots, CurrentTime: now})
	return err
}

func authorities(b certificates.Bundle) int {
	n := 0
	for block, rest := pem.Decode(b.CAs); block != nil; block, rest = pem.Decode(rest) {
		n++
	}
	return n
}

// Over a life of many renewals, a caller whose authorities are up to half the settling time old accepts what a server shows
// that is as far behind, and nobody ever shows or trusts what has expired.
func TestF77_RotationNeverFailsACall(t *testing.T) {
	t.Parallel()
	p := policy()
	history := []certificates.Bundle{}
	replaced := 0
	for step := range 200 { // half an hour each: the settling time is two of them
		now := epoch.Add(time.Duration(step) * p.Settle / 2)
		have := certificates.Bundle{}
		if step > 0 {
			have = history[step-1]
		}
		next, due, err := p.Next(now, have)
		if err != nil {
			t.Fatal(err)
		}
		if !due.After(now) {
			t.Fatalf("step %d: the next look is due at %s, which is not after %s", step, due, now)
		}
		if step > 0 && string(next.CAKey) != string(have.CAKey) {
			replaced++
		}
		history = append(history, next)
		before := history[max(0, step-1)]
		for _, pair := range [][2]certificates.Bundle{{next, next}, {before, next}, {next, before}} {
			if err := accepts(t, pair[0], pair[1], now); err != nil {
				t.Fatalf("step %d: a call fails: %v", step, err)
			}
		}
		if n := authorities(next); n > 2 {
			t.Fatalf("step %d: %d authorities are trusted", step, n)
		}
	}
	if replaced < 2 {
		t.Errorf("the authority was replaced %d times in 100 hours, its life is 60", replaced)
	}
}

func TestNextChangesNothingBeforeItsTime(t *testing.T) {
	t.Parallel()
	p := policy()
	first, _, err := p.Next(epoch, certificates.Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	again, due, err := p.Next(epoch.Add(2*time.Hour), first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("nothing is due (-first +again):\n%s", diff)
	}
	if want := epoch.Add(-time.Hour + 31*time.Hour*2/3); due.Sub(want).Abs() > time.Second {
		t.Errorf("the next look is due at two thirds of the certificate's life, %s, got %s", want, due)
	}
}

// Whatever stands in the Secret, the next bundle is good.
func TestF77_NextMendsWhatStands(t *testing.T) {
	t.Parallel()
	p := policy()
	good, _, err := p.Next(epoch, certificates.Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := p.Next(epoch, certificates.Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	for reason, tc := range map[string]struct {
		have certificates.Bundle
		now  time.Time
		ca   bool // the authority is replaced too
	}{
		"nothing":                     {certificates.Bundle{}, epoch, true},
		"text":                        {certificates.Bundle{CAs: []byte("x"), CAKey: []byte("x"), Cert: []byte("x"), Key: []byte("x")}, epoch, true},
		"certificate has expired":     {good, epoch.Add(35 * time.Hour), false},
		"all has expired":             {good, epoch.Add(100 * time.Hour), true},
		"clock went back":             {good, epoch.Add(-48 * time.Hour), true},
		"key of another authority":    {certificates.Bundle{CAs: good.CAs, CAKey: other.CAKey, Cert: good.Cert, Key: good.Key}, epoch, true},
		"certificate of another":      {certificates.Bundle{CAs: good.CAs, CAKey: good.CAKey, Cert: other.Cert, Key: other.Key}, epoch, false},
		"key of another certificate":  {certificates.Bundle{CAs: good.CAs, CAKey: good.CAKey, Cert: good.Cert, Key: other.Key}, epoch, false},
		"authority without its key":   {certificates.Bundle{CAs: good.CAs, Cert: good.Cert, Key: good.Key}, epoch, true},
		"authority without its cert":  {certificates.Bundle{CAKey: good.CAKey, Cert: good.Cert, Key: good.Key}, epoch, true},
		"certificate for other names": {renamed(t), epoch, false},
	} {
		next, _, err := p.Next(tc.now, tc.have)
		if err != nil {
			t.Errorf("%s: %v", reason, err)
			continue
		}
		if err := accepts(t, next, next, tc.now); err != nil {
			t.Errorf("%s: callers don't accept the certificate: %v", reason, err)
		}
		if replaced := string(next.CAKey) != string(tc.have.CAKey); replaced != tc.ca {
			t.Errorf("%s: authority replaced is %t, want %t", reason, replaced, tc.ca)
		}
	}
}

// What ends within a week is replaced: as shipped, a month before its end, and an authority years before.
func TestF77_RenewedLongBeforeTheEnd(t *testing.T) {
	t.Parallel()
	p := certificates.DefaultPolicy(name, second)
	first, _, err := p.Next(epoch, certificates.Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	for reason, tc := range map[string]struct {
		now     time.Time
		renewed bool
	}{
		"a month after":          {epoch.Add(30 * 24 * time.Hour), false},
		"a month before the end": {epoch.Add(p.CertLife - 29*24*time.Hour), true},
		"a week before the end":  {epoch.Add(p.CertLife - 7*24*time.Hour), true},
		"an hour before the end": {epoch.Add(p.CertLife - time.Hour), true},
	} {
		next, due, err := p.Next(tc.now, first)
		if err != nil {
			t.Fatal(err)
		}
		if renewed := string(next.Cert) != string(first.Cert); renewed != tc.renewed {
			t.Errorf("%s: renewed is %t", reason, renewed)
		}
		pair, err := tls.X509KeyPair(next.Cert, next.Key)
		if err != nil {
			t.Fatal(err)
		}
		if left := pair.Leaf.NotAfter.Sub(due); left < 7*24*time.Hour {
			t.Errorf("%s: the next look is due %s before the end", reason, left)
		}
	}
}

func renamed(t *testing.T) certificates.Bundle {
	p := policy()
	p.Names = []string{"other.system.svc"}
	b, _, err := p.Next(epoch, certificates.Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSources(t *testing.T) {
	t.Parallel()
	empty, filled := t.TempDir(), t.TempDir()
	writeCertificate(t, filled)
	self := certificates.Options{Service: "webhook", CertName: "tls.crt", KeyName: "tls.key"}
	self.Secret.Namespace, self.Secret.Name = "system", "webhook-cert"
	for reason, tc := range map[string]struct {
		source certificates.Source
		dir    string
		olm    bool
		want   certificates.Source
	}{
		"nobody else keeps it":           {certificates.Auto, empty, false, certificates.Self},
		"the directory has one":          {certificates.Auto, filled, false, certificates.Dir},
		"OLM will mount one":             {certificates.Auto, empty, true, certificates.Dir},
		"told to keep it":                {certificates.Self, filled, true, certificates.Self},
		"told that somebody else does":   {certificates.Dir, empty, false, certificates.Dir},
		"told nothing counts as auto":    {"", empty, false, certificates.Self},
		"what it can be is said plainly": {"vault", empty, false, ""},
	} {
		o := self
		o.Source, o.Dir = tc.source, tc.dir
		c, err := certificates.New(o, func(string) (string, bool) { return "", tc.olm })
		if tc.want == "" {
			if err == nil {
				t.Errorf("%s: want an error", reason)
			}
			continue
		}
		if err != nil || c.Source() != tc.want {
			t.Errorf("%s: got %v, want %s", reason, err, tc.want)
		}
	}
}
