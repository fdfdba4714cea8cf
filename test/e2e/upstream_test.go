package e2e

import (
	"fmt"
	"net"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/e2e/rig"
)

// upstreamChanges are few, because each takes about a minute.
const upstreamChanges = 5

func standsBesideUpstream() {
	const ns = "upstream"

	It("is faster than upstream on the same node", func(ctx SpecContext) {
		process, err := running.StartUpstream()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(process.Stop()).To(Succeed()) })
		Expect(running.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}})).To(Succeed())
		p := upstreamPrometheus(ns)
		Expect(running.Client.Create(ctx, p)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(running.Client.Delete(ctx, p)).To(Succeed()) })

		r := rule("latency", "vector(-1)")
		r.Namespace = ns
		Expect(running.Client.Create(ctx, r)).To(Succeed())
		var all []*stack.Prometheus
		for n := range replicas {
			all = append(all, readyServer(ctx, ns, n))
		}
		inAll(ctx, all, hasExpression(ctx, r.Name, "vector(-1)"))

		var took []time.Duration
		for n := range upstreamChanges {
			began, expr := time.Now(), fmt.Sprintf("vector(%d)", n)
			change(ctx, r, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr = intstr.FromString(expr) })
			inAll(ctx, all, hasExpression(ctx, r.Name, expr))
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		upstream := took[len(took)/2]
		row("latency upstream PrometheusRule %.1f (p50 of %d)", upstream.Seconds(), len(took))
		ours := p50["PrometheusRule"]
		Expect(ours).NotTo(BeZero(), "promloop was measured before")
		row("ratio apply-to-loaded %.3f %.1f %.0f", ours.Seconds(), upstream.Seconds(), upstream.Seconds()/ours.Seconds())
	}, SpecTimeout(25*time.Minute))
}

func upstreamPrometheus(ns string) *v1.Prometheus {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{
		Namespace: ns, Name: main, Annotations: map[string]string{"operator.prometheus.io/controller-id": rig.UpstreamController},
	}}
	p.Spec.Replicas = new(int32(replicas))
	p.Spec.Version = "v3.13.0" // the newest but one that upstream knows; the image is the same as promloop's
	p.Spec.Image = new(rig.PrometheusImage)
	p.Spec.RuleSelector = &metav1.LabelSelector{}
	p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}
	return p
}

// readyServer waits for a replica to be Ready and returns its Prometheus.
func readyServer(ctx SpecContext, ns string, n int) *stack.Prometheus {
	GinkgoHelper()
	var p corev1.Pod
	key := client.ObjectKey{Namespace: ns, Name: fmt.Sprintf("prometheus-%s-%d", main, n)}
	Eventually(func(g Gomega) {
		g.Expect(running.Client.Get(ctx, key, &p)).To(Succeed())
		g.Expect(p.Status.Conditions).To(ContainElement(And(
			HaveField("Type", corev1.PodReady), HaveField("Status", corev1.ConditionTrue))))
	}).WithContext(ctx).Should(Succeed())
	server, err := stack.PrometheusAt(net.JoinHostPort(p.Status.PodIP, "9090"))
	Expect(err).NotTo(HaveOccurred())
	return server
}
