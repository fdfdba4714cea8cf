package chain

import (
	"maps"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
	"github.com/promloop/promloop/test/chain/stack"
)

// bothKnow is a version of Prometheus that both operators know, so that neither finds fault with the other's.
const bothKnow = "v3.13.0"

var _ = Describe("Objects that prometheus-operator wrote", func() {
	It("are taken over whole, given back, and taken over again", func(ctx SpecContext) {
		upstream, err := stack.RunUpstream(running.Cluster, "upstream", "--controller-id="+stack.UpstreamID)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(upstream.Stop)
		t := upstreamTeam(ctx, "adoption")
		sts := t.written(ctx, upstreams)

		t.handOver(ctx, "")
		taken := t.written(ctx, ours)
		Expect(taken.UID).To(Equal(sts.UID), "the StatefulSet, and with it the claims, stay")
		t.eventuallyLoaded(ctx)
		Expect(expressions(ctx, t.replica(ctx, 0))()).To(HaveKeyWithValue("Adopted", "up == 0"))

		t.handOver(ctx, stack.UpstreamID)
		Expect(t.written(ctx, upstreams).UID).To(Equal(sts.UID))

		t.handOver(ctx, "")
		Expect(t.written(ctx, ours).UID).To(Equal(sts.UID))
	}, SpecTimeout(6*time.Minute))
})

var _ = Describe("An operator that nobody stopped", func() {
	It("is not fought: promloop holds still, says so, and goes on when told", func(ctx SpecContext) {
		t := newTeam(ctx, "rivals", func(p *v1.Prometheus) { p.Spec.Version = bothKnow })
		upstream, err := stack.RunUpstream(running.Cluster, "upstream", "--namespaces=rivals")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(upstream.Stop)
		Eventually(func() []v1.Condition { return t.prometheusObject(ctx).Status.Conditions }).WithContext(ctx).WithTimeout(2 * time.Minute).
			Should(ContainElement(And(HaveField("Type", v1.Reconciled), HaveField("Message", ContainSubstring("prometheus-operator still writes it")))))

		written := func() (string, error) {
			var secret corev1.Secret
			err := running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main"}, &secret)
			return secret.ResourceVersion, err
		}
		settled, err := written()
		Expect(err).NotTo(HaveOccurred())
		Consistently(written).WithContext(ctx).WithTimeout(5*time.Second).Should(Equal(settled), "nobody undoes the other's work")

		upstream.Stop()
		t.handOver(ctx, stack.UpstreamID)
		t.handOver(ctx, "")
		t.eventuallyLoaded(ctx)
	}, SpecTimeout(6*time.Minute))
})

// upstreamTeam is a namespace whose Prometheus belongs to upstream's operator, with a rule and a monitor.
func upstreamTeam(ctx SpecContext, namespace string) team {
	GinkgoHelper()
	Expect(running.Namespace(ctx, namespace, nil)).To(Succeed())
	t := team{namespace: namespace, pods: 1}
	rule := t.rule("Adopted", "up == 0")
	create(ctx, rule)
	_, _, monitor := t.operatorMetrics("operator")
	create(ctx, monitor)
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: "main", Annotations: map[string]string{world.ControllerIDAnnotation: stack.UpstreamID},
	}}
	p.Spec.ServiceAccountName = "prometheus"
	p.Spec.Version = bothKnow
	p.Spec.Replicas = ptr.To[int32](1)
	p.Spec.ServiceMonitorSelector, p.Spec.RuleSelector = &metav1.LabelSelector{}, &metav1.LabelSelector{}
	create(ctx, p)
	DeferCleanup(func(ctx SpecContext) { remove(ctx, p) })
	return t
}

func (t team) handOver(ctx SpecContext, id string) {
	GinkgoHelper()
	change(ctx, t.prometheusObject(ctx), func(p *v1.Prometheus) {
		p.Annotations = map[string]string{world.ControllerIDAnnotation: id}
		if id == "" {
			p.Annotations = nil
		}
	})
}

// writer is how the objects of a Prometheus look when one operator alone has written them.
type writer struct {
	containers []string // of the pods
	sources    int      // of the volume of the configuration; 0 where it is a plain Secret
	ruleFile   string   // begins the only key of the rule ConfigMap
	fields     string   // field manager that has something
	noFields   string   // field manager that has nothing left
}

var (
	upstreams = writer{
		containers: []string{"prometheus", "config-reloader"}, sources: 0, ruleFile: "adoption-adopted-", fields: "PrometheusOperator",
	}
	ours = writer{
		containers: []string{"prometheus", "config-reloader", "rules-reloader"}, sources: 18, ruleFile: "adoption_adopted.yaml",
		fields: "promloop", noFields: "PrometheusOperator",
	}
)

// written waits until every object is as w alone writes it, and returns the StatefulSet.
func (t team) written(ctx SpecContext, w writer) *appsv1.StatefulSet {
	GinkgoHelper()
	var sts appsv1.StatefulSet
	Eventually(func(g Gomega) {
		var rules corev1.ConfigMap
		var secret corev1.Secret
		var service corev1.Service
		for name, o := range map[string]client.Object{
			"prometheus-main": &sts, "prometheus-main-rulefiles-0": &rules, "prometheus-operated": &service,
		} {
			g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: name}, o)).To(Succeed())
		}
		g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main"}, &secret)).To(Succeed())
		for _, o := range []client.Object{&sts, &rules, &secret} { // the Service is alike, so nobody needs to write it
			g.Expect(managersOf(o)).To(And(ContainElement(w.fields), Not(ContainElement(w.noFields))), "%T", o)
		}
		g.Expect(slices.Collect(maps.Keys(rules.Data))).To(ConsistOf(HavePrefix(w.ruleFile)), "no rule file of the other is left")
		var containers []string
		for _, c := range sts.Spec.Template.Spec.Containers {
			containers = append(containers, c.Name)
		}
		g.Expect(containers).To(ConsistOf(w.containers))
		for _, volume := range sts.Spec.Template.Spec.Volumes {
			if volume.Name == "config" && volume.Projected != nil {
				g.Expect(volume.Projected.Sources).To(HaveLen(w.sources))
			}
		}
	}).WithContext(ctx).WithTimeout(time.Minute).Should(Succeed())
	return &sts
}

// managersOf lists who owns fields of an object by writing it, not its status.
func managersOf(o client.Object) []string {
	var out []string
	for _, entry := range o.GetManagedFields() {
		if entry.Subresource == "" && !strings.HasPrefix(entry.Manager, "kube-") {
			out = append(out, entry.Manager)
		}
	}
	return out
}
