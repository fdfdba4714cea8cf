package chain

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
)

var _ = Describe("TLS assets", Serial, func() {
	It("take several Secrets, and Prometheus has them all", func(ctx SpecContext) {
		t := newTeam(ctx, "assets")
		const authorities = 5
		for n := range authorities {
			t.secured(ctx, n, 300_000)
		}
		p := t.replica(ctx, 0)
		Eventually(config(ctx, p)).WithContext(ctx).WithTimeout(time.Minute).Should(ContainSubstring("certs/0_assets_authority-4_ca.crt"))
		t.eventuallyLoaded(ctx)
		Expect(t.assetShards(ctx)).To(HaveLen(2), "five files of 300 kB")

		before := t.assetShards(ctx)
		t.secured(ctx, authorities, 1_000)
		Eventually(config(ctx, p)).WithContext(ctx).WithTimeout(time.Minute).Should(ContainSubstring("certs/0_assets_authority-5_ca.crt"))
		Expect(changed(before, t.assetShards(ctx))).To(HaveLen(1), "none of the others moves")
	}, SpecTimeout(4*time.Minute))

	It("are there before a configuration is loaded that names them", func(ctx SpecContext) {
		t := newTeam(ctx, "latecerts")
		monitor := t.secured(ctx, 0, 1_000)
		Eventually(config(ctx, t.replica(ctx, 0))).WithContext(ctx).WithTimeout(time.Minute).Should(ContainSubstring(monitor.Name))
		t.eventuallyLoaded(ctx)
		m := t.configManifest(ctx)
		Expect(m.Assets).To(ConsistOf("0_latecerts_authority-0_ca.crt"), "the manifest says what is needed")
		Expect(running.Operator.Stop()).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(running.Operator.Start(ctx)).To(Succeed()) })

		const late = "0_latecerts_late_ca.crt"
		next := t.plantConfiguration(ctx, m, late)
		t.poke(ctx, 100)
		report := func() (contract.Loaded, error) { return t.report(ctx, 0, contract.Config) }
		Eventually(report).WithContext(ctx).WithTimeout(2 * time.Minute).Should(And(
			HaveField("Wanted", next), HaveField("Reason", "AssetsMissing"), HaveField("Error", ContainSubstring(late)), HaveField("Loaded", m.Digest)))

		t.patchSecret(ctx, "prometheus-main-tls-assets-0", map[string][]byte{late: authority(0)})
		t.poke(ctx, 101)
		Eventually(report).WithContext(ctx).WithTimeout(2 * time.Minute).Should(And(HaveField("Loaded", next), HaveField("Reason", BeEmpty())))
	}, SpecTimeout(5*time.Minute))
})

func (t team) configManifest(ctx context.Context) contract.Manifest {
	GinkgoHelper()
	var s corev1.Secret
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main-config-manifest"}, &s)).To(Succeed())
	m, err := contract.DecodeManifest(s.Data[contract.ManifestKey])
	Expect(err).NotTo(HaveOccurred())
	return m
}

// plantConfiguration publishes the configuration with one comment more, as one that needs a further asset. It returns the digest.
func (t team) plantConfiguration(ctx context.Context, m contract.Manifest, asset string) string {
	GinkgoHelper()
	var s corev1.Secret
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main"}, &s)).To(Succeed())
	key := m.Parts[0].Key
	stored := append(s.Data[key], zipped("# planted\n")...)
	m.Parts = []contract.Part{{Key: key, Digest: contract.PartDigest(m.Salt, stored)}}
	m.Digest, m.Generation, m.Assets = contract.ConfigDigest(m.Salt, m.Parts), m.Generation+1, append(m.Assets, asset)
	manifest, err := m.Encode()
	Expect(err).NotTo(HaveOccurred())
	t.patchSecret(ctx, "prometheus-main", map[string][]byte{key: stored})
	t.patchSecret(ctx, "prometheus-main-config-manifest", map[string][]byte{contract.ManifestKey: manifest})
	return m.Digest
}

func (t team) patchSecret(ctx context.Context, name string, data map[string][]byte) {
	GinkgoHelper()
	patch, err := json.Marshal(map[string]any{"data": data})
	Expect(err).NotTo(HaveOccurred())
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: name}}
	Expect(running.Client.Patch(ctx, s, client.RawPatch(types.MergePatchType, patch))).To(Succeed())
}

// poke has the kubelet look at the volumes of the pod at once.
func (t team) poke(ctx context.Context, attempt int) {
	GinkgoHelper()
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"{\"attempt\":%d}"}}}`, contract.ReleaseAnnotation, attempt)
	Expect(running.Client.Patch(ctx, t.pod(ctx), client.RawPatch(types.MergePatchType, patch))).To(Succeed())
}

// secured makes a monitor whose targets are vouched for by an authority of its own, in a file of about the given size.
func (t team) secured(ctx context.Context, n, size int) *v1.ServiceMonitor {
	GinkgoHelper()
	name := fmt.Sprintf("authority-%d", n)
	create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: name}, Data: map[string][]byte{"ca.crt": authority(size)},
	})
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: name}}
	endpoint := v1.Endpoint{Port: "web"}
	endpoint.TLSConfig = &v1.TLSConfig{}
	endpoint.TLSConfig.CA.Secret = &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: "ca.crt"}
	m.Spec.Endpoints = []v1.Endpoint{endpoint}
	create(ctx, m)
	return m
}

// authority is a certificate, with text before it as bundles have.
func authority(size int) []byte {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	return append(bytes.Repeat([]byte("# a bundle\n"), size/11), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}

// assetShards are the Secrets of TLS assets, with the version of each.
func (t team) assetShards(ctx context.Context) map[string]string {
	GinkgoHelper()
	var list corev1.SecretList
	Expect(running.Client.List(ctx, &list, client.InNamespace(t.namespace))).To(Succeed())
	out := map[string]string{}
	for _, s := range list.Items {
		if strings.HasPrefix(s.Name, "prometheus-main-tls-assets-") {
			out[s.Name] = s.ResourceVersion
		}
	}
	return out
}
