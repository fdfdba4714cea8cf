package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
)

// survivesInTheCluster has the rows that need a whole cluster with containers.
func survivesInTheCluster() {
	It("C37, D58: starts on an accepted set after kills in the middle of reloads", func(ctx SpecContext) {
		r := rule("killed", "vector(0)")
		Expect(running.Client.Create(ctx, r)).To(Succeed())
		for n, victim := range []string{"rules-reloader", "config-reloader", "prometheus"} {
			expr := "vector(" + strings.Repeat("1", n+1) + ")"
			id := containerID(pod(ctx, 0), victim)
			change(ctx, r, func(r *v1.PrometheusRule) { r.Spec.Groups[0].Rules[0].Expr.StrVal = expr })
			pause(ctx, 300*time.Millisecond) // about when it is loaded
			Expect(running.Node.SignalContainer(id, syscall.SIGKILL)).To(Succeed())
			inAll(ctx, servers(ctx), hasExpression(ctx, r.Name, expr))
			inAll(ctx, servers(ctx), hasExpression(ctx, "Watchdog", "vector(1)"))
		}
		eventuallyLoaded(ctx)
		row("C37, D58: recovered from kills of both reloaders and of Prometheus")
	}, SpecTimeout(6*time.Minute))

	It("E52: starts a new pod on what is known to work while its Secret is bad", func(ctx SpecContext) {
		old := pod(ctx, 1)
		spoilSecret(ctx)
		Expect(running.Client.Delete(ctx, old)).To(Succeed())
		spoilSecret(ctx)
		Eventually(func(g Gomega) {
			var p corev1.Pod
			g.Expect(running.Client.Get(ctx, podKey(namespace, 1), &p)).To(Succeed())
			g.Expect(p.UID).NotTo(Equal(old.UID))
		}).WithContext(ctx).Should(Succeed())
		inAll(ctx, servers(ctx), hasExpression(ctx, "Watchdog", "vector(1)"))
		inAll(ctx, servers(ctx), hasConfig(ctx, "serviceMonitor/default/prometheus/0"))
		eventuallyLoaded(ctx)
	}, SpecTimeout(6*time.Minute))

	It("E53: verifies replicas that come in the middle of a rollout", func(ctx SpecContext) {
		p := &v1.Prometheus{ObjectMeta: named(main)}
		change(ctx, p, func(p *v1.Prometheus) {
			p.Spec.Replicas = new(int32(replicas + 1))
			p.Spec.LogLevel = "debug" // which changes the pods
		})
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
			g.Expect(p.Status.UpdatedReplicas).To(BeEquivalentTo(replicas + 1))
			g.Expect(p.Status.Pods).To(And(HaveLen(replicas+1), HaveEach(HaveField("Reason", BeEmpty()))))
			g.Expect(p.Status.Is(v1.Loaded, v1.ConditionTrue)).To(BeTrue())
		}).WithContext(ctx).Should(Succeed())
		third := readyServer(ctx, podKey(namespace, replicas))
		inAll(ctx, append(servers(ctx), third), hasExpression(ctx, "Watchdog", "vector(1)"))
		change(ctx, p, func(p *v1.Prometheus) { p.Spec.Replicas = new(int32(replicas)) })
		isGone(ctx, podKey(namespace, replicas), &corev1.Pod{})
		eventuallyLoaded(ctx)
	}, SpecTimeout(8*time.Minute))

	It("E54: works when it can't ask, and does not claim to know", func(ctx SpecContext) {
		for _, p := range operatorPods(ctx) {
			Expect(running.Node.Cut(ctx, "ip saddr "+p.Status.PodIP+" tcp dport {8080,8081}")).To(Succeed())
		}
		DeferCleanup(func(ctx SpecContext) { _ = running.Node.Mend(ctx) }, NodeTimeout(time.Minute))
		began := time.Now()
		Expect(running.Client.Create(ctx, rule("unasked", "vector(1)"))).To(Succeed())
		inAll(ctx, servers(ctx), hasExpression(ctx, "unasked", "vector(1)"))
		row("E54: live after %.1f s while nobody can ask the sidecars", time.Since(began).Seconds())
		eventuallyNotLoaded(ctx, ContainSubstring("has not answered"))
		Expect(running.Node.Mend(ctx)).To(Succeed())
		eventuallyLoaded(ctx)
	}, SpecTimeout(6*time.Minute))

	It("E55: goes on with the healthy replica when the other can't be reached", func(ctx SpecContext) {
		lost := pod(ctx, 0)
		Expect(running.Node.Cut(ctx, "ip daddr "+lost.Status.PodIP)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { _ = running.Node.Mend(ctx) }, NodeTimeout(time.Minute))
		Expect(running.Client.Create(ctx, rule("unreachable", "vector(1)"))).To(Succeed())
		inAll(ctx, servers(ctx)[1:], hasExpression(ctx, "unreachable", "vector(1)"))
		eventuallyNotLoaded(ctx, And(ContainSubstring(lost.Name), Not(ContainSubstring(pod(ctx, 1).Name))))
		Expect(running.Node.Mend(ctx)).To(Succeed())
		eventuallyLoaded(ctx)
	}, SpecTimeout(6*time.Minute))

	It("F78: tells a stranger digests and no more, however it is asked", func(ctx SpecContext) {
		for _, port := range []string{"8080", "8081"} {
			base := "http://" + net.JoinHostPort(pod(ctx, 0).Status.PodIP, port)
			Expect(ask(ctx, http.MethodGet, base+"/debug/pprof/", nil)).To(Equal(http.StatusNotFound))
			Expect(ask(ctx, http.MethodPost, base+"/v1/loaded", strings.NewReader("x"))).To(Equal(http.StatusMethodNotAllowed))
			body := get(ctx, base+"/v1/loaded") + get(ctx, base+"/metrics")
			Expect(body).NotTo(Or(ContainSubstring("vector("), ContainSubstring("serviceMonitor/"), ContainSubstring("scrape_configs")))
			flood(ctx, base+"/v1/loaded?wait=25s&want=")
		}
		began := time.Now()
		Expect(running.Client.Create(ctx, rule("flooded", "vector(1)"))).To(Succeed())
		inAll(ctx, servers(ctx), hasExpression(ctx, "flooded", "vector(1)"))
		eventuallyLoaded(ctx)
		row("F78: live and told after %.1f s while the reports are flooded", time.Since(began).Seconds())
	}, SpecTimeout(5*time.Minute))
}

// spoilSecret puts a configuration without jobs where the good one is.
func spoilSecret(ctx context.Context) {
	GinkgoHelper()
	var text bytes.Buffer
	w := gzip.NewWriter(&text)
	_, err := io.WriteString(w, "scrape_configs: []\n")
	Expect(err).NotTo(HaveOccurred())
	Expect(w.Close()).To(Succeed())
	s := &corev1.Secret{ObjectMeta: named("prometheus-" + main)}
	change(ctx, s, func(s *corev1.Secret) { s.Data["prometheus.yaml.gz"] = text.Bytes() })
}

// ask returns the status of an answer.
func ask(ctx context.Context, method, url string, body io.Reader) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func get(ctx context.Context, url string) string {
	GinkgoHelper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	Expect(err).NotTo(HaveOccurred())
	resp, err := http.DefaultClient.Do(req)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	Expect(err).NotTo(HaveOccurred())
	return string(body)
}

// flood asks a thousand open questions for digests that never come, until the spec ends.
func flood(ctx context.Context, url string) {
	for range 1000 {
		go func() { _, _ = ask(ctx, http.MethodGet, url+strings.Repeat("0", 64), nil) }() // whatever the answer is
	}
}
