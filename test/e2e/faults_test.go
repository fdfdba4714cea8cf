package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
)

// outage is how long the API server is away.
const outage = 2 * time.Minute

// survives breaks something. What was loaded stays loaded, and what changed meanwhile goes live without a hand.
func survives(ctx context.Context, name string, fault func(changeMeanwhile func())) {
	GinkgoHelper()
	all, before := servers(ctx), restarts(ctx)
	first := rule("fault-"+name, "vector(1)")
	Expect(running.Client.Create(ctx, first)).To(Succeed())
	inAll(ctx, all, hasExpression(ctx, first.Name, "vector(1)"))

	fault(func() {
		change(ctx, rule(first.Name, ""), func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "vector(2)" })
	})

	inAll(ctx, all, hasExpression(ctx, "Watchdog", "vector(1)"))
	began := time.Now()
	inAll(ctx, all, hasExpression(ctx, first.Name, "vector(2)"))
	row("fault %s: live %.1f s after it ended", name, time.Since(began).Seconds())
	Expect(restarts(ctx)).To(Equal(before), "a fault beside Prometheus restarts none of its containers")
}

// empty removes everything in a directory.
func empty(dir string) {
	GinkgoHelper()
	entries, err := os.ReadDir(dir)
	Expect(err).NotTo(HaveOccurred())
	Expect(entries).NotTo(BeEmpty())
	for _, entry := range entries {
		Expect(os.RemoveAll(filepath.Join(dir, entry.Name()))).To(Succeed())
	}
}

func survivesFaults() {
	It("loses nothing when the kubelet is stopped and started", func(ctx SpecContext) {
		survives(ctx, "kubelet", func(changeMeanwhile func()) {
			Expect(running.Node.StopKubelet()).To(Succeed())
			changeMeanwhile()
			Expect(running.Node.StartKubelet()).To(Succeed())
		})
	}, SpecTimeout(6*time.Minute))

	It("loses nothing when containerd is restarted", func(ctx SpecContext) {
		survives(ctx, "containerd", func(changeMeanwhile func()) {
			Expect(running.Node.RestartContainerd(ctx)).To(Succeed())
			changeMeanwhile()
		})
	}, SpecTimeout(6*time.Minute))

	It("loses nothing when the kube-apiserver is away", func(ctx SpecContext) {
		survives(ctx, "kube-apiserver", func(changeMeanwhile func()) {
			before := servers(ctx)
			Expect(running.Pause(ctx, "kube-apiserver", outage)).To(Succeed())
			inAll(ctx, before, hasExpression(ctx, "Watchdog", "vector(1)"))
			changeMeanwhile()
		})
	}, SpecTimeout(6*time.Minute))

	It("loses nothing when the operator's leader is killed", func(ctx SpecContext) {
		survives(ctx, "operator", func(changeMeanwhile func()) {
			var lease coordinationv1.Lease
			Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: system, Name: "promloop.monitoring.coreos.com"}, &lease)).To(Succeed())
			name, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
			leader := &corev1.Pod{}
			leader.Namespace, leader.Name = system, name
			Expect(running.Client.Delete(ctx, leader, client.GracePeriodSeconds(0))).To(Succeed())
			changeMeanwhile()
		})
	}, SpecTimeout(6*time.Minute))

	// kubernetes/kubernetes#113242: a kubelet emptied projected volumes of running pods.
	It("loses nothing when a volume is emptied under a running pod", func(ctx SpecContext) {
		survives(ctx, "emptied-volume", func(changeMeanwhile func()) {
			for n := range replicas {
				empty(running.Node.VolumeDir(pod(ctx, n), fmt.Sprintf("prometheus-%s-rulefiles-0", main)))
			}
			changeMeanwhile()
		})
	}, SpecTimeout(6*time.Minute))
}
