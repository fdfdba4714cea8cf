package chain

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/contract"
)

var _ = Describe("A pod that starts while the published set is refused", func() {
	It("runs what a replica proved last, and the status says so", func(ctx SpecContext) {
		t := newTeam(ctx, "lastgood")
		rule := t.rule("Proved", "up == 0")
		create(ctx, rule)
		Eventually(expressions(ctx, t.replica(ctx, 0))).WithContext(ctx).Should(HaveKey("Proved"))
		t.eventuallyLoaded(ctx)
		good := t.prometheusObject(ctx).Status
		Eventually(t.kept(ctx)).WithContext(ctx).Should(And(
			HaveKeyWithValue(contract.Config, good.Configuration.Digest), HaveKeyWithValue(contract.Rules, good.Rules.Digest)))

		// The Prometheus of this suite is built without this discovery, which no judge can know.
		bad := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "refused"}}
		bad.Spec.ConsulSDConfigs = []v1alpha1.ConsulSDConfig{{Server: "consul.invalid:8500"}}
		create(ctx, bad)
		Eventually(t.loadedCondition(ctx)).WithContext(ctx).Should(And(
			HaveField("Status", v1.ConditionFalse), HaveField("Reason", "Refused"), HaveField("Message", ContainSubstring("consul_sd_configs"))))
		refused := t.prometheusObject(ctx).Status.Configuration.Digest
		Eventually(t.refusedSets(ctx)).WithContext(ctx).Should(ConsistOf(refused))

		create(ctx, t.rule("Later", "up == 2"))
		Eventually(expressions(ctx, t.replica(ctx, 0))).WithContext(ctx).Should(HaveKey("Later"))
		told := contract.DecodeRelease(t.pod(ctx).Annotations[contract.ReleaseAnnotation])
		Expect(told).To(And(HaveField("Config", refused), HaveField("Refused", BeEmpty())), "it may try again by itself")
		Expect(t.loadedCondition(ctx)()).To(HaveField("Message", ContainSubstring("consul_sd_configs")), "in Prometheus' own words still")

		old := t.pod(ctx)
		remove(ctx, old)
		Eventually(func() bool { return t.pod(ctx).UID != old.UID && t.pod(ctx).Status.PodIP != "" }).WithContext(ctx).Should(BeTrue())
		Eventually(func(g Gomega) {
			p := t.replica(ctx, 0)
			g.Expect(expressions(ctx, p)()).To(HaveKey("Proved"))
			g.Expect(config(ctx, p)()).NotTo(ContainSubstring("consul"))
			st := t.prometheusObject(ctx).Status
			g.Expect(st.Pods).To(ConsistOf(HaveField("LoadedConfiguration", HaveField("Digest", good.Configuration.Digest))))
			g.Expect(st.Pods[0].Reason).To(BeElementOf("RefusedElsewhere", "PrometheusRefused"))
		}).WithContext(ctx).WithTimeout(2 * time.Minute).Should(Succeed())
		Expect(t.loadedCondition(ctx)()).To(HaveField("Status", v1.ConditionFalse), "it runs, but not what is published")

		remove(ctx, bad)
		t.eventuallyLoaded(ctx)
		Eventually(t.refusedSets(ctx)).WithContext(ctx).Should(BeEmpty())
	}, SpecTimeout(5*time.Minute))
})

func (t team) pod(ctx context.Context) *corev1.Pod {
	var pod corev1.Pod
	if err := running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main-0"}, &pod); err != nil {
		return &corev1.Pod{}
	}
	return &pod
}

func (t team) lastGood(ctx context.Context) map[string][]byte {
	var s corev1.Secret
	if err := running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main-lkg"}, &s); err != nil {
		return nil
	}
	return s.Data
}

// kept lists the digests of the sets that new pods fall back to.
func (t team) kept(ctx context.Context) func() map[contract.Domain]string {
	return func() map[contract.Domain]string {
		out := map[contract.Domain]string{}
		for _, domain := range []contract.Domain{contract.Config, contract.Rules} {
			if m, err := contract.DecodeManifest(t.lastGood(ctx)[contract.FallbackManifest(domain)]); err == nil {
				out[domain] = m.Digest
			}
		}
		return out
	}
}

func (t team) refusedSets(ctx context.Context) func() []string {
	return func() []string { return contract.DecodeRelease(string(t.lastGood(ctx)[contract.ReleaseKey])).Refused }
}
