package chain

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
)

var _ = Describe("A larger storage request", func() {
	It("grows the volumes in place, and no pod restarts", func(ctx SpecContext) {
		t := newTeam(ctx, "growing", storageOf(storageClass(ctx, "growing", true)))
		sts, pod := t.statefulSet(ctx), t.pod(ctx)
		started := startOf(ctx, t.replica(ctx, 0))

		change(ctx, t.prometheusObject(ctx), func(p *v1.Prometheus) { request(p, "2Gi") })
		Eventually(t.claimed(ctx)).WithContext(ctx).WithTimeout(time.Minute).Should(Equal("2Gi"))
		Eventually(func(g Gomega) {
			now := t.statefulSet(ctx)
			g.Expect(now.UID).NotTo(Or(Equal(sts.UID), BeEmpty()), "its templates can't be changed, so it is made anew")
			g.Expect(now.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage().String()).To(Equal("2Gi"))
			g.Expect(now.Status.ReadyReplicas).To(BeEquivalentTo(1), "it has the pod")
		}).WithContext(ctx).WithTimeout(time.Minute).Should(Succeed())
		Expect(t.pod(ctx).UID).To(Equal(pod.UID))
		Expect(startOf(ctx, t.replica(ctx, 0))).To(Equal(started))
		t.eventuallyLoaded(ctx)
	}, SpecTimeout(4*time.Minute))

	It("is told to be without effect where the storage class does not let volumes grow", func(ctx SpecContext) {
		t := newTeam(ctx, "rigid", storageOf(storageClass(ctx, "rigid", false)))
		change(ctx, t.prometheusObject(ctx), func(p *v1.Prometheus) { request(p, "2Gi") })
		Eventually(func() []v1.Condition { return t.prometheusObject(ctx).Status.Conditions }).WithContext(ctx).WithTimeout(time.Minute).Should(
			ContainElement(And(HaveField("Type", v1.Reconciled), HaveField("Reason", "VolumeNotResized"), HaveField("Message", And(
				ContainSubstring("prometheus-main-db-prometheus-main-0 can't grow from 1Gi to 2Gi"),
				ContainSubstring(`storage class "rigid" does not allow volume expansion`))))))
		Expect(t.claimed(ctx)()).To(Equal("1Gi"))
		t.eventuallyLoaded(ctx)
	}, SpecTimeout(4*time.Minute))
})

func storageClass(ctx SpecContext, name string, grows bool) string {
	GinkgoHelper()
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: "promloop.test/" + name, AllowVolumeExpansion: &grows}
	create(ctx, class)
	DeferCleanup(func(ctx SpecContext) { remove(ctx, class) })
	return name
}

func storageOf(class string) func(*v1.Prometheus) {
	return func(p *v1.Prometheus) {
		p.Spec.Storage = &v1.StorageSpec{}
		p.Spec.Storage.VolumeClaimTemplate.Spec.StorageClassName = ptr.To(class)
		request(p, "1Gi")
	}
}

func request(p *v1.Prometheus, size string) {
	p.Spec.Storage.VolumeClaimTemplate.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
}

func (t team) claimed(ctx context.Context) func() string {
	return func() string {
		var claim corev1.PersistentVolumeClaim
		if err := running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main-db-prometheus-main-0"}, &claim); err != nil {
			return err.Error()
		}
		return claim.Spec.Resources.Requests.Storage().String()
	}
}

func (t team) statefulSet(ctx context.Context) *appsv1.StatefulSet {
	var sts appsv1.StatefulSet
	if err := running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "prometheus-main"}, &sts); err != nil {
		return &appsv1.StatefulSet{}
	}
	return &sts
}
