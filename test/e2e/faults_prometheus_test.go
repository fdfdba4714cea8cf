package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

// jobs is how many scrape jobs make a configuration large.
const jobs = 10_000

// survivesItsPrometheus has the rows about what Prometheus itself is like: its certificate and the size of its configuration.
func survivesItsPrometheus() {
	It("C35: reloads a Prometheus that serves TLS, and goes on when its certificate is another", func(ctx SpecContext) {
		const ns = "secured"
		certificate := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}}
		renew(certificate)
		inNamespace(ctx, ns, func(p *v1.Prometheus) {
			Expect(running.Client.Create(ctx, certificate)).To(Succeed())
			key := func(name string) corev1.SecretKeySelector {
				return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "web"}, Key: name}
			}
			p.Spec.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{TLSConfig: &v1.WebTLSConfig{
				Cert: v1.SecretOrConfigMap{Secret: new(key(corev1.TLSCertKey))}, KeySecret: key(corev1.TLSPrivateKeyKey),
			}}}
		})
		r := rule("secured", "vector(1)")
		r.Namespace = ns
		Expect(running.Client.Create(ctx, r)).To(Succeed())
		isLive(ctx, "promrule/"+r.Name, ns)

		change(ctx, certificate, renew)
		Eventually(func() ([]byte, error) { return served(ctx, ns) }).WithContext(ctx).Should(Equal(certificate.Data[corev1.TLSCertKey]))
		began := time.Now()
		change(ctx, r, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "vector(2)" })
		isLive(ctx, "promrule/"+r.Name, ns)
		row("C35: live %.1f s after a change, with another certificate than the pod started with", time.Since(began).Seconds())
		var p corev1.Pod
		Expect(running.Client.Get(ctx, podKey(ns, 0), &p)).To(Succeed())
		Expect(p.Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())))
	}, SpecTimeout(8*time.Minute))

	It("E56: loads 10,000 jobs in one replica after the other", func(ctx SpecContext) {
		const ns = "large"
		list := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "jobs"}}
		list.Data = map[string][]byte{"jobs.yaml": scrapeJobs()}
		inNamespace(ctx, ns, func(p *v1.Prometheus) {
			Expect(running.Client.Create(ctx, list)).To(Succeed())
			p.Spec.Replicas = new(int32(replicas))
			p.Spec.AdditionalScrapeConfigs = &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "jobs"}, Key: "jobs.yaml"}
		})
		isLive(ctx, "prometheus/"+main, ns)
		all := readyServers(ctx, ns)
		before := loadTimes(ctx, all)

		outages := countOutages(ctx, all)
		change(ctx, list, func(s *corev1.Secret) { s.Data["jobs.yaml"] = append(s.Data["jobs.yaml"], job("changed")...) })
		inAll(ctx, all, hasConfig(ctx, "job_name: changed"))
		isLive(ctx, "prometheus/"+main, ns)
		Expect(outages()).To(BeZero(), "moments at which no replica was ready")
		after := loadTimes(ctx, all)
		for n := range all {
			Expect(after[n]).To(BeNumerically(">", before[n]))
		}
		apart := math.Abs(after[0] - after[1])
		row("E56: a change among %d jobs was loaded by one replica %.1f s after the other", jobs, apart)
		Expect(apart).To(BeNumerically(">", 0.2), "they did not load at the same time")
	}, SpecTimeout(10*time.Minute))
}

// renew gives a Secret a certificate that is good for nothing but to be known: it names no address that anybody asks.
func renew(s *corev1.Secret) {
	GinkgoHelper()
	certificate, key, err := cert.GenerateSelfSignedCertKey("prometheus.test", nil, nil)
	Expect(err).NotTo(HaveOccurred())
	s.Data = map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key}
}

// served is the chain of certificates that a Prometheus presents.
func served(ctx context.Context, ns string) ([]byte, error) {
	var p corev1.Pod
	if err := running.Client.Get(ctx, podKey(ns, 0), &p); err != nil {
		return nil, err
	}
	var out []byte
	dialer := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, // the question is which one it is
		VerifyPeerCertificate: func(chain [][]byte, _ [][]*x509.Certificate) error {
			for _, der := range chain {
				out = append(out, pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: der})...)
			}
			return nil
		},
	}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(p.Status.PodIP, "9090"))
	if err != nil {
		return nil, err
	}
	return out, conn.Close()
}

// isLive waits as users do.
func isLive(ctx context.Context, object, ns string) {
	GinkgoHelper()
	_, err := running.Cluster.Kubectl(ctx, "wait", "--for=condition=Loaded", object, "-n", ns, "--timeout=3m")
	Expect(err).NotTo(HaveOccurred())
}

// scrapeJobs is text that no compression makes small, as that of real jobs, whose names and addresses differ.
func scrapeJobs() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var all []byte
	for range jobs {
		all = append(all, job(fmt.Sprintf("j%016x", random.Uint64()))...)
	}
	return all
}

func job(name string) string {
	return fmt.Sprintf("- {job_name: %s, scrape_interval: 1h, static_configs: [{targets: [x]}]}\n", name)
}

// loadTimes is when each Prometheus loaded its configuration, in seconds since 1970.
func loadTimes(ctx context.Context, all []*stack.Prometheus) (out []float64) {
	GinkgoHelper()
	for _, server := range all {
		at, err := server.Metric(ctx, "prometheus_config_last_reload_success_timestamp_seconds")
		Expect(err).NotTo(HaveOccurred())
		out = append(out, at)
	}
	return out
}

// countOutages asks ten times a second whether any replica is ready. What it returns ends that, and tells how often none was.
func countOutages(ctx context.Context, all []*stack.Prometheus) func() int {
	ctx, cancel := context.WithCancel(ctx)
	count := make(chan int, 1)
	go func() {
		none := 0
		for ctx.Err() == nil {
			ready := 0
			for _, server := range all {
				if status, err := ask(ctx, http.MethodGet, strings.TrimSuffix(server.URL, "/")+"/-/ready", nil); err == nil && status == http.StatusOK {
					ready++
				}
			}
			if ready == 0 && ctx.Err() == nil {
				none++
			}
			pause(ctx, 100*time.Millisecond)
		}
		count <- none
	}()
	return func() int { cancel(); return <-count }
}
