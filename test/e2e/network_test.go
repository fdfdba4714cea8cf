package e2e

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/test/e2e/node"
)

// hasNetworkPolicies tries connections from within pods. Nothing else of the suite would hold, were too much refused.
func hasNetworkPolicies() {
	It("has NetworkPolicies that let through what is needed and no more", func(ctx SpecContext) {
		stranger, watcher := bystander(ctx, "strangers", nil), bystander(ctx, "watchers", map[string]string{"metrics": "enabled"})
		operator, prometheus := &operatorPods(ctx)[0], pod(ctx, 0)
		type connection struct {
			reason   string
			from, to *corev1.Pod
			port     int
			passes   bool
		}
		tried := []connection{
			{"the API server calls the webhook from nowhere in particular", stranger, operator, 9443, true},
			{"a stranger reads no metrics", stranger, operator, 8080, false},
			{"metrics are read from namespaces that may", watcher, operator, 8080, true},
			{"nobody but the kubelet probes", watcher, operator, 8081, false},
			{"the operator asks the config-reloader", operator, prometheus, 8080, true},
			{"the operator asks the rules-reloader", operator, prometheus, 8081, true},
			{"the operator has no business with Prometheus itself", operator, prometheus, 9090, false},
			{"others have", stranger, prometheus, 9090, true},
			{"the operator asks no stranger", operator, stranger, 8080, false},
			{"the operator resolves names", operator, stranger, 53, true},
			{"the operator talks to the API server", operator, stranger, 6443, true},
		}
		for _, c := range tried {
			Eventually(func() (bool, error) { return passes(ctx, c.from, c.to, c.port) }).WithContext(ctx).WithTimeout(20*time.Second).
				Should(Equal(c.passes), c.reason)
		}
		var found networkingv1.NetworkPolicyList
		Expect(running.Client.List(ctx, &found, client.InNamespace(system))).To(Succeed())
		row("NetworkPolicies: %d in place, enforced by Calico: of %d connections all that are needed pass, the others do not", len(found.Items), len(tried))
	}, SpecTimeout(5*time.Minute))
}

// passes says whether the network takes a connection from one pod to another. One that nobody listens for was let through, too.
func passes(ctx context.Context, from, to *corev1.Pod, port int) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err := running.Node.Dial(ctx, from, fmt.Sprintf("%s:%d", to.Status.PodIP, port))
	switch {
	case err == nil, errors.Is(err, syscall.ECONNREFUSED):
		return true, nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return false, nil
	}
	return false, err
}

// bystander runs a pod in a namespace of its own until the spec ends.
func bystander(ctx context.Context, name string, labels map[string]string) *corev1.Pod {
	GinkgoHelper()
	ns := namespaceObject(name)
	ns.Labels = labels
	Expect(running.Client.Create(ctx, ns)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(running.Client.Delete(ctx, ns)).To(Succeed())
		isNamespaceGone(ctx, name)
	}, NodeTimeout(2*time.Minute))
	p := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "pause", Image: node.PauseImage}}}}
	p.Namespace, p.Name = name, "bystander"
	Eventually(func() error { return running.Client.Create(ctx, p) }).WithContext(ctx).Should(Succeed()) // its account is made first
	Eventually(func(g Gomega) {
		g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		g.Expect(p.Status.Phase).To(Equal(corev1.PodRunning))
	}).WithContext(ctx).Should(Succeed())
	return p
}
