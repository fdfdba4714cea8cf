package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/e2e/rig"
)

const (
	upstreamNamespace = "upstream"
	// upstreamChanges are few, because each takes about a minute.
	upstreamChanges = 5
)

// contest is upstream's share of the measurement. It goes on while promloop is measured, on the same node.
type contest struct {
	took   []time.Duration
	err    error
	cancel context.CancelFunc
	done   chan struct{}
}

var upstream contest

func startsUpstream() {
	It("has upstream's operator beside it", func(ctx SpecContext) {
		process, err := running.StartUpstream("upstream", "--controller-id="+stack.UpstreamID)
		Expect(err).NotTo(HaveOccurred())
		upstream.done = make(chan struct{})
		measuring, cancel := context.WithCancel(context.Background())
		upstream.cancel = func() { cancel(); <-upstream.done; _ = process.Stop() }

		Expect(running.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: upstreamNamespace}})).To(Succeed())
		Expect(running.Client.Create(ctx, upstreamPrometheus(upstreamNamespace))).To(Succeed())
		r := rule("latency", "vector(-1)")
		r.Namespace = upstreamNamespace
		Expect(running.Client.Create(ctx, r)).To(Succeed())
		all := readyServers(ctx, upstreamNamespace)
		inAll(ctx, all, hasExpression(ctx, r.Name, "vector(-1)"))
		go func() {
			defer close(upstream.done)
			upstream.took, upstream.err = changeSeveralTimes(measuring, r, all)
		}()
	}, SpecTimeout(5*time.Minute))
}

func standsBesideUpstream() {
	It("is faster than upstream on the same node", func(ctx SpecContext) {
		Expect(upstream.done).NotTo(BeNil(), "upstream was started before")
		DeferCleanup(func(ctx SpecContext) {
			upstream.cancel()
			Expect(running.Client.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: upstreamNamespace}})).To(Succeed())
		}, NodeTimeout(time.Minute))
		Eventually(upstream.done).WithContext(ctx).WithTimeout(10 * time.Minute).Should(BeClosed())
		Expect(upstream.err).NotTo(HaveOccurred())
		slices.Sort(upstream.took)
		theirs, ours := upstream.took[len(upstream.took)/2], p50["PrometheusRule"]
		row("latency upstream PrometheusRule %.1f %.1f", theirs.Seconds(), upstream.took[len(upstream.took)-1].Seconds())
		Expect(ours).NotTo(BeZero(), "promloop was measured before")
		row("ratio apply-to-loaded %.3f %.1f %.0f", ours.Seconds(), theirs.Seconds(), theirs.Seconds()/ours.Seconds())
	}, SpecTimeout(12*time.Minute))
}

// changeSeveralTimes measures, without an assertion: it runs beside the specs.
func changeSeveralTimes(ctx context.Context, r *v1.PrometheusRule, all []*stack.Prometheus) (took []time.Duration, err error) {
	for n := range upstreamChanges {
		began, expr := time.Now(), fmt.Sprintf("vector(%d)", n)
		before := r.DeepCopy()
		r.Spec.Groups[0].Rules[0].Expr = intstr.FromString(expr)
		if err := running.Client.Patch(ctx, r, client.MergeFrom(before)); err != nil {
			return took, err
		}
		err := stack.Until(ctx, func(ctx context.Context) (bool, error) {
			for _, p := range all {
				if live, err := stack.AlertIs(r.Name, expr)(ctx, p); !live || err != nil {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			return took, fmt.Errorf("change %d of upstream's rule: %w", n, err)
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

func upstreamPrometheus(ns string) *v1.Prometheus {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{
		Namespace: ns, Name: main, Annotations: map[string]string{"operator.prometheus.io/controller-id": stack.UpstreamID},
	}}
	p.Spec.Replicas = new(int32(replicas))
	p.Spec.Version = "v3.13.0" // the newest but one that upstream knows; the image is the same as promloop's
	p.Spec.Image = new(rig.PrometheusImage)
	p.Spec.RuleSelector = &metav1.LabelSelector{}
	p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}
	return p
}
