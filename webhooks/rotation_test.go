package webhooks_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/webhooks/certificates"
)

// Certificates and authorities come and go without a restart and without a failed review.
var _ = Describe("F77: the certificate", func() {
	It("rotates under load without a failed review", func(ctx SpecContext) {
		seen := newIdentities()
		load, stop := context.WithCancel(ctx)
		var callers sync.WaitGroup
		failures, calls := make(chan error, 1), make(chan int, 4)
		for i := range cap(calls) {
			callers.Go(func() { calls <- call(load, fmt.Sprintf("load-%d", i), failures) })
		}
		Eventually(func(g Gomega) {
			select {
			case err := <-failures:
				StopTrying("a review failed").Wrap(err).Now()
			default:
			}
			seen.look(ctx, g)
			g.Expect(len(seen.certificates)).To(BeNumerically(">=", 4), "certificates seen")
			g.Expect(len(seen.authorities)).To(BeNumerically(">=", 2), "authorities seen")
		}).WithTimeout(90 * time.Second).WithPolling(200 * time.Millisecond).Should(Succeed())
		stop()
		callers.Wait()
		close(calls)
		total := 0
		for n := range calls {
			total += n
		}
		Expect(total).To(BeNumerically(">", 500), "there must have been load")
		Expect(failures).To(BeEmpty())
	}, SpecTimeout(2*time.Minute))

	It("is replaced when it has expired, as after a long time without the operator", func(ctx SpecContext) {
		expired, _, err := certificates.DefaultPolicy("localhost").Next(time.Now().Add(-20*365*24*time.Hour), certificates.Bundle{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() error {
			s := secretOf()
			if err := k8s.Get(ctx, client.ObjectKeyFromObject(s), s); err != nil {
				return err
			}
			s.Data = map[string][]byte{"ca.crt": expired.CAs, "ca.key": expired.CAKey, "tls.crt": expired.Cert, "tls.key": expired.Key}
			return k8s.Update(ctx, s)
		}).Should(Succeed())
		Eventually(func(g Gomega) {
			s := secretOf()
			g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(s), s)).To(Succeed())
			g.Expect(s.Data["tls.crt"]).NotTo(Equal(expired.Cert))
			g.Expect(served(ctx)).To(Succeed())
		}).WithContext(ctx).WithTimeout(time.Minute).Should(Succeed())
	}, SpecTimeout(90*time.Second))

	It("comes back when its Secret is deleted or a foreign authority is set", func(ctx SpecContext) {
		Expect(k8s.Delete(ctx, secretOf())).To(Succeed())
		Eventually(func() error { return k8s.Get(ctx, client.ObjectKeyFromObject(secretOf()), secretOf()) }).WithTimeout(10 * time.Second).Should(Succeed())

		Eventually(func() error {
			var c admissionregistrationv1.ValidatingWebhookConfiguration
			if err := k8s.Get(ctx, client.ObjectKey{Name: configuration}, &c); err != nil {
				return err
			}
			for i := range c.Webhooks {
				c.Webhooks[i].ClientConfig.CABundle = foreignAuthority()
			}
			return k8s.Update(ctx, &c)
		}).Should(Succeed())
		var m admissionregistrationv1.MutatingWebhookConfiguration
		Expect(k8s.Get(ctx, client.ObjectKey{Name: mutatingConfiguration}, &m)).To(Succeed())
		before := m.DeepCopy()
		m.Webhooks[0].ClientConfig.CABundle = foreignAuthority()
		Expect(k8s.Patch(ctx, &m, client.MergeFrom(before))).To(Succeed())
		// The API server hears of either change a little later: one answer may still be from before.
		Eventually(func(g Gomega) {
			var c admissionregistrationv1.ValidatingWebhookConfiguration
			g.Expect(k8s.Get(ctx, client.ObjectKey{Name: configuration}, &c)).To(Succeed())
			for _, w := range c.Webhooks {
				g.Expect(w.ClientConfig.CABundle).NotTo(Equal(foreignAuthority()))
			}
			g.Expect(k8s.Get(ctx, client.ObjectKey{Name: mutatingConfiguration}, &m)).To(Succeed())
			g.Expect(m.Webhooks[0].ClientConfig.CABundle).To(Equal(c.Webhooks[0].ClientConfig.CABundle), "both are told of the same authorities")
			for range 20 {
				g.Expect(served(ctx)).To(Succeed())
			}
		}).WithContext(ctx).WithTimeout(30 * time.Second).Should(Succeed())
	}, SpecTimeout(time.Minute))
})

func secretOf() *corev1.Secret {
	s := &corev1.Secret{}
	s.Namespace, s.Name = system, certSecret
	return s
}

// call asks for refusals until ctx ends, and reports any answer that is not the webhook's own.
func call(ctx context.Context, name string, failures chan<- error) int {
	for n := 0; ; n++ {
		err := k8s.Create(ctx, rule(name, "up =="), client.DryRunAll)
		if ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return n
		}
		if err == nil || !strings.Contains(err.Error(), "parse error") {
			select {
			case failures <- fmt.Errorf("call %d: %w", n, err):
			default:
			}
			return n
		}
	}
}

// identities are the certificates and authorities that the Secret has had.
type identities struct{ certificates, authorities map[string]bool }

func newIdentities() *identities {
	return &identities{certificates: map[string]bool{}, authorities: map[string]bool{}}
}

func (i *identities) look(ctx context.Context, g Gomega) {
	s := secretOf()
	g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(s), s)).To(Succeed())
	i.certificates[string(s.Data["tls.crt"])] = true
	block, _ := pem.Decode(s.Data["ca.crt"])
	g.Expect(block).NotTo(BeNil())
	authority, err := x509.ParseCertificate(block.Bytes)
	g.Expect(err).NotTo(HaveOccurred())
	i.authorities[string(authority.SubjectKeyId)] = true
}

// foreignAuthority is the cluster's own, which has never signed the webhook's certificate.
func foreignAuthority() []byte { return cluster.Config.CAData }
