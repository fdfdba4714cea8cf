package certificates_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/promloop/promloop/webhooks/certificates"
)

func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	b, _, err := policy().Next(epoch, certificates.Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{"tls.crt": b.Cert, "tls.key": b.Key} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
