package chain

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/test/cluster/nodelet"
)

// Pods that start while what they need is missing or spoilt.
var _ = Describe("Faults that meet a new pod", func() {
	prove(fault{
		id: "D43", what: "a pod is created before its Secrets", guard: "an init container stages the first sets",
		run: func(ctx context.Context, s *site) {
			s.eventuallySettled(ctx)
			mend := s.cut()
			defer mend()
			for _, name := range []string{"prometheus-main", "prometheus-main-config-manifest", "prometheus-main-lkg"} {
				remove(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}})
			}
			s.renewPod(ctx)
			Eventually(s.initLog(ctx)).WithContext(ctx).WithTimeout(30*time.Second).Should(
				And(ContainSubstring("waiting for a complete set"), ContainSubstring("manifest.json")), "the init container says what is missing")
			pod := nodelet.Pod{Namespace: s.namespace, Name: "prometheus-main-0"}
			_, err := running.Node.PID(pod, "prometheus")
			Expect(err).To(HaveOccurred(), "Prometheus is not started with an empty configuration")
			mend()
			s.eventuallyServes(ctx, s.rule("Stays", "vector(1)"), 60*time.Second)
			s.eventuallyLoaded(ctx)
			Expect(restarts(pod)).To(HaveEach(0), "nothing is restarted")
		},
	})
	prove(fault{
		id: "E52", what: "the Secret is overwritten by hand while the operator is away, and the pod starts anew", guard: "what a replica proved is kept for new pods",
		run: func(ctx context.Context, s *site) {
			s.eventuallySettled(ctx)
			key := client.ObjectKey{Namespace: s.namespace, Name: "prometheus-main"}
			var good, spoilt corev1.Secret
			Expect(running.Client.Get(ctx, key, &good)).To(Succeed(), "the Secret is there")
			mend := s.cut()
			defer mend()
			s.patchSecret(ctx, key.Name, map[string][]byte{"prometheus.yaml.gz": zipped("scrape_configs: []\n")})
			s.renewPod(ctx)
			s.eventuallyServes(ctx, s.rule("Stays", "vector(1)"), 60*time.Second)
			Expect(config(ctx, s.replica(ctx, 0))()).To(ContainSubstring("/stays/0"), "it runs what is kept")
			mend()
			Eventually(func() (map[string][]byte, error) {
				err := running.Client.Get(ctx, key, &spoilt)
				return spoilt.Data, err
			}).WithContext(ctx).WithTimeout(20*time.Second).Should(Equal(good.Data), "the drift is repaired")
			s.eventuallyLoaded(ctx)
		},
	})
})

// cut takes the operator's way to the API server until what it returns is called; it may be called again.
func (s *site) cut() (mend func()) {
	GinkgoHelper()
	_ = s.op.Gate.Close() // an error is one of the connections that it cuts
	return sync.OnceFunc(func() { Expect(s.op.Gate.Open()).To(Succeed(), "the way is open again") })
}

// eventuallySettled waits until the operator has looked at the site, and its pods are as it wants them.
func (s *site) eventuallySettled(ctx context.Context) {
	GinkgoHelper()
	rule := s.fresh("Settled")
	create(ctx, rule)
	s.eventuallyServes(ctx, rule, 60*time.Second)
	Eventually(func(g Gomega) {
		var sts appsv1.StatefulSet
		g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: "prometheus-main"}, &sts)).To(Succeed())
		g.Expect(sts.Status.ObservedGeneration).To(Equal(sts.Generation))
		g.Expect(sts.Status.UpdatedReplicas).To(Equal(*sts.Spec.Replicas))
		g.Expect(sts.Status.ReadyReplicas).To(Equal(*sts.Spec.Replicas))
	}).WithContext(ctx).Should(Succeed(), "its pods are as the operator wants them")
	s.eventuallyLoaded(ctx)
}

// renewPod deletes the first pod and waits until another has its name and an address.
func (s *site) renewPod(ctx context.Context) {
	GinkgoHelper()
	old := s.pod(ctx)
	remove(ctx, old)
	Eventually(func() bool { pod := s.pod(ctx); return pod.UID != old.UID && pod.Status.PodIP != "" }).WithContext(ctx).Should(BeTrue(), "the pod is created anew")
}

// initLog is what the init container of the first pod says.
func (s *site) initLog(ctx context.Context) func() (string, error) {
	GinkgoHelper()
	clients, err := kubernetes.NewForConfig(running.Cluster.Config())
	Expect(err).NotTo(HaveOccurred(), "logs can be asked for")
	return func() (string, error) {
		text, err := clients.CoreV1().Pods(s.namespace).GetLogs("prometheus-main-0", &corev1.PodLogOptions{Container: "init-config-reloader"}).DoRaw(ctx)
		return string(text), err
	}
}

// zipped is a text as the configuration is stored.
func zipped(text string) []byte {
	GinkgoHelper()
	out := &bytes.Buffer{}
	z := gzip.NewWriter(out)
	_, err := z.Write([]byte(text))
	Expect(errors.Join(err, z.Close())).To(Succeed(), "the text can be packed")
	return out.Bytes()
}
