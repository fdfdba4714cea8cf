package chain

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

// serving is the Secret with certificate and key, which name no address that anybody asks.
const serving = "serving"

var _ = DescribeTable("A Prometheus that serves TLS is reloaded, and its reports say so",
	func(ctx SpecContext, namespace string, by func(*v1.PrometheusSpec), secured bool) {
		t := newSecureTeam(ctx, namespace, by)
		p := t.secureReplica(ctx)
		rule := t.rule("Encrypted", "up == 0")
		create(ctx, rule)
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKeyWithValue("Encrypted", "up == 0"))
		t.eventuallyLoaded(ctx)
		if !secured {
			Expect(t.presented(ctx, "8080")()).Error().To(HaveOccurred(), "the reloaders have no key to serve with")
			return
		}

		renewed := issued()
		t.patchSecret(ctx, serving, renewed)
		change(ctx, rule, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "up < 1" })
		for _, port := range []string{"9090", "8080", "8081"} {
			Eventually(t.presented(ctx, port)).WithContext(ctx).Should(Equal(string(renewed[corev1.TLSCertKey])), "port %s has the new one", port)
		}
		Eventually(expressions(ctx, p)).WithContext(ctx).Should(HaveKeyWithValue("Encrypted", "up < 1"))
		t.eventuallyLoaded(ctx)
		Expect(t.pod(ctx).Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())), "probes and reloads need no restart")
	},
	Entry("by references", "tlsreferences", byReferences, true, SpecTimeout(4*time.Minute)),
	Entry("by files of a Secret that it mounts", "tlsfiles", webTLS(v1.WebTLSConfig{
		CertFile: new("/etc/prometheus/secrets/" + serving + "/tls.crt"), KeyFile: new("/etc/prometheus/secrets/" + serving + "/tls.key"),
	}, func(s *v1.PrometheusSpec) { s.Secrets = []string{serving} }), true, SpecTimeout(4*time.Minute)),
	Entry("by files that only Prometheus has", "tlsown", webTLS(v1.WebTLSConfig{CertFile: new("/own/tls.crt"), KeyFile: new("/own/tls.key")},
		func(s *v1.PrometheusSpec) {
			s.Volumes = []corev1.Volume{{Name: "own", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: serving}}}}
			for _, file := range []string{"tls.crt", "tls.key"} {
				s.VolumeMounts = append(s.VolumeMounts, corev1.VolumeMount{Name: "own", MountPath: "/own/" + file, SubPath: file})
			}
		}), false, SpecTimeout(4*time.Minute)),
)

// newSecureTeam is a team whose Prometheus serves TLS.
func newSecureTeam(ctx context.Context, namespace string, by func(*v1.PrometheusSpec)) team {
	GinkgoHelper()
	return newTeam(ctx, namespace, func(p *v1.Prometheus) {
		create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: serving}, Data: issued()})
		by(&p.Spec)
	})
}

// secureReplica is the Prometheus of the first pod.
func (t team) secureReplica(ctx context.Context) *stack.Prometheus {
	GinkgoHelper()
	p, err := stack.SecuredPrometheusAt(net.JoinHostPort(t.pod(ctx).Status.PodIP, "9090"))
	Expect(err).NotTo(HaveOccurred())
	return p
}

func byReferences(s *v1.PrometheusSpec) {
	key := func(name string) corev1.SecretKeySelector {
		return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: serving}, Key: name}
	}
	webTLS(v1.WebTLSConfig{
		Cert: v1.SecretOrConfigMap{Secret: new(key(corev1.TLSCertKey))}, KeySecret: key(corev1.TLSPrivateKeyKey),
	}, func(*v1.PrometheusSpec) {})(s)
}

// webTLS makes a Prometheus serve TLS, with what else that needs.
func webTLS(config v1.WebTLSConfig, needs func(*v1.PrometheusSpec)) func(*v1.PrometheusSpec) {
	return func(s *v1.PrometheusSpec) {
		s.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{TLSConfig: &config}}
		needs(s)
	}
}

func issued() map[string][]byte {
	GinkgoHelper()
	certificate, key, err := cert.GenerateSelfSignedCertKey("prometheus.test", nil, nil)
	Expect(err).NotTo(HaveOccurred())
	return map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key}
}

// presented asks a port of the pod for its certificates.
func (t team) presented(ctx context.Context, port string) func() (string, error) {
	return func() (string, error) {
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // the question is which one it is
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(t.pod(ctx).Status.PodIP, port))
		if err != nil {
			return "", err
		}
		defer conn.Close()
		out := ""
		for _, c := range conn.(*tls.Conn).ConnectionState().PeerCertificates {
			out += string(pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: c.Raw}))
		}
		return out, nil
	}
}
