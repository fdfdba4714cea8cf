package e2e

import (
	"context"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/webhooks/certificates"
)

const (
	system       = "promloop-system"
	operatorName = "promloop-controller-manager"
	hooks        = "promloop-validating-webhook-configuration"
	callers      = 4
)

// guardsTheDoor is about the webhook, which the API server reaches through its Service. While no replica answers, objects pass
// (failurePolicy Ignore), so one bad rule that gets in is one call that failed.
func guardsTheDoor() {
	It("refuses a bad rule, and one that is too big", func(ctx SpecContext) {
		Expect(running.Client.Create(ctx, rule("bad", "up =="))).To(MatchError(And(
			ContainSubstring("prometheusrules.promloop.dev"), ContainSubstring("spec.groups[0].rules[0].expr"), ContainSubstring("parse error"))))
		err := running.Client.Create(ctx, bulk("too-big", mebibyte*5/4))
		Expect(err).To(MatchError(And(ContainSubstring("prometheusrules.promloop.dev"), ContainSubstring("the limit is"))))
		row("webhook: refused %q", err.Error())
	}, SpecTimeout(time.Minute))

	It("is served while an operator pod is deleted", func(ctx SpecContext) {
		stream := streamBadRules(ctx)
		var pods corev1.PodList
		Expect(running.Client.List(ctx, &pods, client.InNamespace(system))).To(Succeed())
		Expect(pods.Items).To(HaveLen(2))
		for _, p := range pods.Items {
			Expect(running.Client.Delete(ctx, &p)).To(Succeed())
			isGone(ctx, client.ObjectKeyFromObject(&p), &p)
			operatorIsAvailable(ctx)
		}
		row("webhook: %d bad rules refused, 0 let through, while both operator pods were replaced one after the other", stream.stop())
	}, SpecTimeout(5*time.Minute))

	It("rotates its certificates under a stream of bad rules", func(ctx SpecContext) {
		before, trusted := servedBy(ctx), authorities(ctx)
		stream := streamBadRules(ctx)
		ageAuthority(ctx)
		most := 0
		Eventually(func(g Gomega) {
			most = max(most, pemBlocks(authorities(ctx)))
			g.Expect(servedBy(ctx)).NotTo(Equal(before), "a certificate of the new authority is shown")
		}).WithContext(ctx).WithPolling(time.Second).Should(Succeed())
		refused := stream.stop()
		Expect(most).To(BeNumerically(">=", 2), "old and new authority are trusted at once")
		Expect(authorities(ctx)).NotTo(Equal(trusted))
		row("webhook: %d bad rules refused, 0 let through, while authority and certificate were replaced (%d authorities trusted at once)", refused, most)
	}, SpecTimeout(6*time.Minute))
}

// operatorIsAvailable waits for both replicas of the operator.
func operatorIsAvailable(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var d appsv1.Deployment
		g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: system, Name: operatorName}, &d)).To(Succeed())
		g.Expect(d.Status.ObservedGeneration).To(Equal(d.Generation))
		g.Expect(d.Status.UpdatedReplicas).To(BeEquivalentTo(2))
		g.Expect(d.Status.AvailableReplicas).To(BeEquivalentTo(2))
	}).WithContext(ctx).Should(Succeed())
}

// badRules is a stream of rules that have to be refused.
type badRules struct {
	cancel  context.CancelFunc
	callers sync.WaitGroup
	mu      sync.Mutex
	refused int
	wrong   []string
}

func streamBadRules(ctx context.Context) *badRules {
	ctx, cancel := context.WithCancel(ctx)
	s := &badRules{cancel: cancel}
	for n := range callers {
		s.callers.Go(func() {
			for ctx.Err() == nil {
				s.note(ctx, running.Client.Create(ctx, rule(fmt.Sprintf("stream-%d", n), "up =="), client.DryRunAll))
				pause(ctx, 20*time.Millisecond)
			}
		})
	}
	return s
}

func (s *badRules) note(ctx context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil && strings.Contains(err.Error(), "parse error"):
		s.refused++
	case ctx.Err() == nil:
		s.wrong = append(s.wrong, fmt.Sprintf("%s: %v", time.Now().Format(time.StampMilli), err))
	}
}

// stop ends the stream, and fails if any rule had another answer than its refusal.
func (s *badRules) stop() int {
	GinkgoHelper()
	s.cancel()
	s.callers.Wait()
	Expect(s.wrong).To(BeEmpty(), "every bad rule is refused; %d were", s.refused)
	Expect(s.refused).To(BeNumerically(">", 100), "there was a stream")
	return s.refused
}

func certificateSecret(ctx context.Context) *corev1.Secret {
	GinkgoHelper()
	var s corev1.Secret
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: system, Name: "promloop-webhook-cert"}, &s)).To(Succeed())
	return &s
}

func servedBy(ctx context.Context) string {
	GinkgoHelper()
	return string(certificateSecret(ctx).Data["tls.crt"])
}

// authorities are those that the API server trusts.
func authorities(ctx context.Context) string {
	GinkgoHelper()
	var c admissionregistrationv1.ValidatingWebhookConfiguration
	Expect(running.Client.Get(ctx, client.ObjectKey{Name: hooks}, &c)).To(Succeed())
	return string(c.Webhooks[0].ClientConfig.CABundle)
}

func pemBlocks(text string) int {
	n := 0
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		n++
	}
	return n
}

// ageAuthority makes the newest authority one that has lived two thirds of its life, so that its replacement is due.
func ageAuthority(ctx context.Context) {
	GinkgoHelper()
	policy := certificates.DefaultPolicy("aged")
	aged, _, err := policy.Next(time.Now().Add(-policy.CALife*3/4), certificates.Bundle{})
	Expect(err).NotTo(HaveOccurred())
	s := certificateSecret(ctx)
	s.Data["ca.crt"] = append(aged.CAs, s.Data["ca.crt"]...)
	s.Data["ca.key"] = aged.CAKey
	Expect(running.Client.Update(ctx, s)).To(Succeed())
}
