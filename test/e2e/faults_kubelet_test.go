package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/e2e/rig"
)

const (
	// lag is how far the kubelet's view of ConfigMaps is behind.
	lag = 5 * time.Second
	// kubeletPace is what a kubelet takes by itself that nobody poked.
	kubeletPace = 60 * time.Second
)

var soak = flag.Bool("soak", false, "wait as long as the real thing lasts")

// away is how long the kubelet is stopped. Nothing hangs on how long it is.
func away() time.Duration {
	if *soak {
		return 5 * time.Minute
	}
	return 15 * time.Second
}

// survivesItsKubelet has the rows that only a real kubelet can show.
func survivesItsKubelet() {
	It("B14: says which pods lag while the kubelet never syncs", func(ctx SpecContext) {
		survives(ctx, "b14", func(changeMeanwhile func()) {
			Expect(running.Node.StopKubelet()).To(Succeed())
			changeMeanwhile()
			began := time.Now()
			eventuallyNotLoaded(ctx, And(ContainSubstring(pod(ctx, 0).Name), ContainSubstring(pod(ctx, 1).Name)))
			row("B14: the status names the lagging pods after %.1f s", time.Since(began).Seconds())
			pause(ctx, away())
			Expect(running.Node.StartKubelet()).To(Succeed())
		})
		eventuallyLoaded(ctx)
	}, SpecTimeout(11*time.Minute))

	It("B15: pokes again when the kubelet's view was old", func(ctx SpecContext) {
		Expect(running.Node.StopKubelet()).To(Succeed())
		end, err := running.Node.StartLaggingKubelet(lag)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx SpecContext) {
			Expect(running.Node.StopKubelet()).To(Succeed())
			Expect(end()).To(Succeed())
			Expect(running.Node.StartKubelet()).To(Succeed())
		}, NodeTimeout(time.Minute))
		all := servers(ctx)
		create := rule("lagging", "vector(1)")
		Expect(running.Client.Create(ctx, create)).To(Succeed())
		inAll(ctx, all, hasExpression(ctx, create.Name, "vector(1)"))
		atRest(ctx)

		began := time.Now()
		change(ctx, create, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "vector(2)" })
		inAll(ctx, all, hasExpression(ctx, create.Name, "vector(2)"))
		took := time.Since(began)
		row("B15: live after %.1f s, with the kubelet %.0f s behind", took.Seconds(), lag.Seconds())
		Expect(took).To(BeNumerically(">", lag), "the kubelet was behind")
		Expect(took).To(BeNumerically("<", lag+5*time.Second), "it was poked again")
	}, SpecTimeout(8*time.Minute))

	It("B23: survives that a volume is taken down under a running pod", func(ctx SpecContext) {
		all, before := servers(ctx), restarts(ctx)
		first := pod(ctx, 0)
		volume := running.Node.VolumeDir(first, fmt.Sprintf("prometheus-%s-rulefiles-0", main))
		empty(volume)
		Expect(syscall.Unmount(volume, 0)).To(Succeed()) // a volume of a kubelet is a file system in memory
		Expect(os.Remove(volume)).To(Succeed())

		began := time.Now()
		Expect(running.Client.Create(ctx, rule("removed", "vector(1)"))).To(Succeed())
		inAll(ctx, all, hasExpression(ctx, "removed", "vector(1)"))
		inAll(ctx, all, hasExpression(ctx, "Watchdog", "vector(1)"))
		eventuallyLoaded(ctx)
		row("B23: live %.1f s after the volume was taken down", time.Since(began).Seconds())
		reloader := fmt.Sprintf("%s (%s)/rules-reloader", first.Name, first.UID)
		after := restarts(ctx)
		Expect(after).To(HaveKeyWithValue(reloader, before[reloader]+1), "a new container has the new volume")
		after[reloader] = before[reloader]
		Expect(after).To(Equal(before), "nothing else restarts")
	}, SpecTimeout(8*time.Minute))

	It("B26: finds changes without inotify", func(ctx SpecContext) {
		Expect(running.Node.WriteSeccompProfile("no-inotify.json", noInotify)).To(Succeed())
		server := inNamespace(ctx, "quiet", func(p *v1.Prometheus) {
			for _, name := range []string{"config-reloader", "rules-reloader"} {
				p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: name, SecurityContext: &corev1.SecurityContext{
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: new("no-inotify.json")},
				}})
			}
		})
		r := rule("quiet", "vector(1)")
		r.Namespace = "quiet"
		Expect(running.Client.Create(ctx, r)).To(Succeed())
		inAll(ctx, server, hasExpression(ctx, r.Name, "vector(1)"))
		pause(ctx, 2*time.Second)
		began := time.Now()
		change(ctx, r, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = "vector(2)" })
		inAll(ctx, server, hasExpression(ctx, r.Name, "vector(2)"))
		row("B26: live after %.1f s without inotify", time.Since(began).Seconds())
		Expect(time.Since(began)).To(BeNumerically("<", kubeletPace/4))
	}, SpecTimeout(6*time.Minute))

	It("D59: restarts a reloader that hangs", func(ctx SpecContext) {
		first := pod(ctx, 0)
		before := restartsOf(first, "rules-reloader")
		Expect(running.Node.SignalContainer(containerID(first, "rules-reloader"), syscall.SIGSTOP)).To(Succeed())
		began := time.Now()
		Expect(running.Client.Create(ctx, rule("hanging", "vector(1)"))).To(Succeed())
		inAll(ctx, servers(ctx), hasExpression(ctx, "hanging", "vector(1)"))
		row("D59: live %.1f s after a reloader hung", time.Since(began).Seconds())
		Eventually(func() int32 { return restartsOf(pod(ctx, 0), "rules-reloader") }).WithContext(ctx).Should(Equal(before+1), "told by the kubelet a little later")
		Expect(restartsOf(pod(ctx, 0), "prometheus")).To(Equal(restartsOf(first, "prometheus")))
	}, SpecTimeout(6*time.Minute))
}

// noInotify is a sandbox such as gVisor was: files are there, events are not.
const noInotify = `{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [{"names": ["inotify_init", "inotify_init1"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]
}`

// eventuallyNotLoaded waits until the status says so, with a message.
func eventuallyNotLoaded(ctx context.Context, message any) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var p v1.Prometheus
		g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: main}, &p)).To(Succeed())
		g.Expect(p.Status.Conditions).To(ContainElement(And(
			HaveField("Type", v1.Loaded), HaveField("Status", Not(Equal(v1.ConditionTrue))), HaveField("Message", message))))
	}).WithContext(ctx).Should(Succeed())
}

// inNamespace has promloop run a Prometheus with one replica in a namespace of its own, until the spec ends.
func inNamespace(ctx context.Context, ns string, edit func(*v1.Prometheus)) []*stack.Prometheus {
	GinkgoHelper()
	Expect(running.Client.Create(ctx, namespaceObject(ns))).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(running.Client.Delete(ctx, namespaceObject(ns))).To(Succeed())
	}, NodeTimeout(time.Minute))
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: main}}
	p.Spec.Replicas = new(int32(1))
	p.Spec.Image = new(rig.PrometheusImage)
	p.Spec.RuleSelector, p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}, &metav1.LabelSelector{}
	edit(p)
	Expect(running.Client.Create(ctx, p)).To(Succeed())
	return []*stack.Prometheus{readyServer(ctx, podKey(ns, 0))}
}

func containerID(p *corev1.Pod, container string) string {
	for _, c := range p.Status.ContainerStatuses {
		if c.Name == container {
			return c.ContainerID
		}
	}
	return ""
}

func restartsOf(p *corev1.Pod, container string) int32 {
	for _, c := range p.Status.ContainerStatuses {
		if c.Name == container {
			return c.RestartCount
		}
	}
	return -1
}
