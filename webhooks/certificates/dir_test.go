package certificates

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// A certificate that somebody else replaces in the directory is shown without a restart, as a kubelet swaps a Secret's files.
func TestDirFollowsItsFiles(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	dir := t.TempDir()
	c, err := New(Options{Source: Dir, Dir: dir, CertName: "tls.crt", KeyName: "tls.key"}, os.LookupEnv)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = c.dirWatcher()
	g.Expect(err).To(MatchError(ContainSubstring(dir)), "a missing certificate is told with its place")
	g.Expect(c.Ready(nil)).NotTo(Succeed())

	swap(t, dir, "1")
	watcher, err := c.dirWatcher()
	g.Expect(err).NotTo(HaveOccurred())
	first, err := c.get(nil)
	g.Expect(err).NotTo(HaveOccurred())

	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { g.Expect(watcher.WithWatchInterval(100 * time.Millisecond).Start(ctx)).To(Succeed()) })
	defer watching.Wait()
	defer stop()
	swap(t, dir, "2")
	g.Eventually(func() ([]byte, error) {
		now, err := c.get(nil)
		return now.Leaf.Raw, err
	}).WithTimeout(20 * time.Second).ShouldNot(Equal(first.Leaf.Raw))
	g.Expect(c.Ready(nil)).To(Succeed())
	now, err := c.get(nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(exported(g)).To(BeEquivalentTo(now.Leaf.NotAfter.Unix()), "the metric tells when it ends")
}

// exported is the end of the certificate by the metric.
func exported(g *WithT) float64 {
	families, err := metrics.Registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	for _, f := range families {
		if f.GetName() == "promloop_webhook_certificate_expiry_timestamp_seconds" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return 0
}

// swap makes a new certificate visible as a kubelet does: in a directory of its own, by renaming a link to it.
func swap(t *testing.T, dir, version string) {
	t.Helper()
	b, _, err := DefaultPolicy("webhook").Next(time.Now(), Bundle{})
	if err != nil {
		t.Fatal(err)
	}
	data, link := filepath.Join(dir, ".."+version), filepath.Join(dir, "..data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"tls.crt": b.Cert, "tls.key": b.Key} {
		if err := os.WriteFile(filepath.Join(data, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(".."+version, link+"_tmp"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link+"_tmp", link); err != nil {
		t.Fatal(err)
	}
}
