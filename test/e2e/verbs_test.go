package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

// The samples are applied in the namespace default; their Prometheus is main, with two replicas.
const (
	namespace = "default"
	main      = "main"
	replicas  = 2
)

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }

// pod is the pod of one replica of main as it stands.
func pod(ctx context.Context, n int) *corev1.Pod {
	GinkgoHelper()
	var p corev1.Pod
	Expect(running.Client.Get(ctx, podKey(namespace, n), &p)).To(Succeed())
	return &p
}

func podKey(ns string, n int) client.ObjectKey {
	return client.ObjectKey{Namespace: ns, Name: fmt.Sprintf("prometheus-%s-%d", main, n)}
}

// servers are the Prometheus of every replica of main, through their own APIs.
func servers(ctx context.Context) []*stack.Prometheus {
	GinkgoHelper()
	return readyServers(ctx, namespace)
}

// readyServers waits until every replica in a namespace is Ready.
func readyServers(ctx context.Context, ns string) []*stack.Prometheus {
	GinkgoHelper()
	var out []*stack.Prometheus
	for n := range replicas {
		out = append(out, readyServer(ctx, podKey(ns, n)))
	}
	return out
}

// readyServer waits for a pod to be Ready and returns its Prometheus.
func readyServer(ctx context.Context, key client.ObjectKey) *stack.Prometheus {
	GinkgoHelper()
	var p corev1.Pod
	Eventually(func(g Gomega) {
		g.Expect(running.Client.Get(ctx, key, &p)).To(Succeed())
		g.Expect(p.Status.Conditions).To(ContainElement(And(
			HaveField("Type", corev1.PodReady), HaveField("Status", corev1.ConditionTrue))))
	}).WithContext(ctx).Should(Succeed())
	server, err := stack.PrometheusAt(net.JoinHostPort(p.Status.PodIP, "9090"))
	Expect(err).NotTo(HaveOccurred())
	return server
}

// eventuallyLoaded waits until the status says that every replica runs what is published for the newest generation.
func eventuallyLoaded(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var p v1.Prometheus
		g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: main}, &p)).To(Succeed())
		g.Expect(p.Status.ObservedGeneration).To(Equal(p.Generation))
		g.Expect(p.Status.Conditions).To(ContainElement(And(HaveField("Type", v1.Loaded), HaveField("Status", v1.ConditionTrue))))
	}).WithContext(ctx).Should(Succeed())
}

// pause is a wait that is part of what is tested.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// change edits an object as kubectl edit does.
func change[T client.Object](ctx context.Context, o T, edit func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := running.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		edit(o)
		return running.Client.Update(ctx, o)
	}).WithContext(ctx).Should(Succeed())
}

// rule is an object with one group of one alert, all under one name.
func rule(name, expr string) *v1.PrometheusRule {
	r := &v1.PrometheusRule{ObjectMeta: named(name)}
	r.Spec.Groups = []v1.RuleGroup{{Name: name, Rules: []v1.Rule{{Alert: name, Expr: intstr.FromString(expr)}}}}
	return r
}

// inAll waits until every replica satisfies a check.
func inAll(ctx context.Context, all []*stack.Prometheus, check func(Gomega, *stack.Prometheus)) {
	GinkgoHelper()
	for _, server := range all {
		Eventually(func(g Gomega) { check(g, server) }).WithContext(ctx).WithPolling(pollEvery).Should(Succeed())
	}
}

func hasExpression(ctx context.Context, name, expr string) func(Gomega, *stack.Prometheus) {
	return func(g Gomega, p *stack.Prometheus) {
		expressions, err := p.Expressions(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(expressions).To(HaveKeyWithValue(name, expr))
	}
}

func hasConfig(ctx context.Context, text string) func(Gomega, *stack.Prometheus) {
	return func(g Gomega, p *stack.Prometheus) {
		config, err := p.Config(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(strings.Contains(config.YAML, text)).To(BeTrue(), "the configuration contains %s", text) // too long a text to show
	}
}

// restarts are the restart counts of all containers of the replicas, by pod/container.
func restarts(ctx context.Context) map[string]int32 {
	GinkgoHelper()
	counts := map[string]int32{}
	for n := range replicas {
		p := pod(ctx, n)
		for _, c := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
			counts[fmt.Sprintf("%s (%s)/%s", p.Name, p.UID, c.Name)] = c.RestartCount
		}
	}
	return counts
}
