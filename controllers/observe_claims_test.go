package controllers

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/promloop/promloop/api/v1"
)

var _ = Describe("What a Prometheus names and its user makes", func() {
	It("is told of where it is not there, and all else goes on", func(ctx SpecContext) {
		s := newScene(ctx)
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Storage, p.Spec.ServiceName = claiming(s.namespace), new("own")
		Expect(k8s.Update(ctx, p)).To(Succeed())
		told := func(ctx context.Context) v1.Condition {
			s.operator, _ = newOperator(interceptor.Funcs{}) // one that has not looked yet
			s.reconcile(ctx)
			Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
			i := slices.IndexFunc(p.Status.Conditions, func(c v1.Condition) bool { return c.Type == v1.Reconciled })
			return p.Status.Conditions[i]
		}

		Expect(told(ctx)).To(And(HaveField("Status", v1.ConditionFalse), HaveField("Reason", "StorageClassNotFound"),
			HaveField("Message", And(ContainSubstring(s.namespace+`" does not exist`), ContainSubstring("Service "+s.namespace+"/own does not exist")))))
		Expect(s.contents(ctx)).To(And(HaveKey("StatefulSet/prometheus-main"), HaveKey("ConfigMap/prometheus-main-rules-manifest"), HaveKey("Secret/prometheus-main")))
		result := s.reconcile(ctx)
		Expect(result.RequeueAfter).To(And(BeNumerically(">", 0), BeNumerically("<=", lookAtClaims)), "nobody tells when they come")

		class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}, Provisioner: "test"}
		service := &corev1.Service{ObjectMeta: s.meta("own")}
		service.Spec.Selector, service.Spec.Ports = map[string]string{"prometheus": "other"}, []corev1.ServicePort{{Port: 9090}}
		s.create(ctx, class, service)
		DeferCleanup(func(ctx context.Context) { Expect(k8s.Delete(ctx, class)).To(Succeed()) })
		Expect(told(ctx)).To(And(HaveField("Reason", "ServiceMismatch"), HaveField("Message", ContainSubstring("prometheus=other"))))

		service.Spec.Selector = map[string]string{"prometheus": "main"}
		Expect(k8s.Update(ctx, service)).To(Succeed())
		Expect(told(ctx)).To(HaveField("Status", v1.ConditionTrue))
	}, SpecTimeout(timeLimit))

	It("is taken for there where the operator may not look", func(ctx SpecContext) {
		s := newScene(ctx)
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Storage = claiming("fast")
		Expect(k8s.Update(ctx, p)).To(Succeed())
		s.operator, _ = newOperator(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if _, class := o.(*storagev1.StorageClass); class {
					return apierrors.NewForbidden(storagev1.Resource("storageclasses"), key.Name, errPlanted)
				}
				return c.Get(ctx, key, o, opts...)
			},
		})
		s.reconcile(ctx)
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		Expect(p.Status.Is(v1.Reconciled, v1.ConditionTrue)).To(BeTrue(), "it can't tell")
	}, SpecTimeout(timeLimit))
})

// claiming is a gibibyte of a storage class.
func claiming(class string) *v1.StorageSpec {
	storage := &v1.StorageSpec{}
	storage.VolumeClaimTemplate.Spec.StorageClassName = &class
	storage.VolumeClaimTemplate.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	return storage
}
