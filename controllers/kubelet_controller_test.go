package controllers

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/promloop/promloop/internal/kubelet"
)

var _ = Describe("The Service of the kubelets", func() {
	It("has the slices that the nodes fill, and no other of ours", func(ctx SpecContext) {
		s := newScene(ctx)
		mine := map[string]string{"scene": s.namespace}
		four, six := s.node("four", mine), s.node("six", mine)
		s.create(ctx, four, six)
		DeferCleanup(func(ctx SpecContext) {
			Expect(k8s.DeleteAllOf(ctx, &corev1.Node{}, client.MatchingLabels(mine))).To(Succeed())
		})
		s.address(ctx, four, "10.0.0.1")
		s.address(ctx, six, "2001:db8::1")
		foreign := &discoveryv1.EndpointSlice{ObjectMeta: s.meta("foreign"), AddressType: discoveryv1.AddressTypeIPv4}
		foreign.Labels = map[string]string{discoveryv1.LabelServiceName: "kubelet", discoveryv1.LabelManagedBy: "somebody.else"}
		s.create(ctx, foreign)
		r := &KubeletReconciler{
			Client: k8s, Live: k8s, Every: time.Minute, Selector: labels.SelectorFromSet(mine), history: newHistory(),
			Options: kubelet.Options{Service: types.NamespacedName{Namespace: s.namespace, Name: "kubelet"}, EndpointSlices: true},
		}
		slices := func() []string {
			GinkgoHelper()
			_, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: r.Options.Service})
			Expect(err).NotTo(HaveOccurred())
			var list discoveryv1.EndpointSliceList
			Expect(k8s.List(ctx, &list, client.InNamespace(s.namespace))).To(Succeed())
			var names []string
			for _, slice := range list.Items {
				names = append(names, slice.Name)
			}
			return names
		}
		Expect(slices()).To(ConsistOf("foreign", "kubelet-ipv4-0", "kubelet-ipv6-0"))
		Expect(k8s.Delete(ctx, six)).To(Succeed())
		Expect(slices()).To(ConsistOf("foreign", "kubelet-ipv4-0"))
	}, SpecTimeout(timeLimit))

	It("has slices before its Endpoints end those that Kubernetes mirrored", func(ctx SpecContext) {
		s := newScene(ctx)
		mine := map[string]string{"scene": s.namespace}
		n := s.node("a", mine)
		s.create(ctx, n)
		DeferCleanup(func(ctx SpecContext) { Expect(k8s.Delete(ctx, n)).To(Succeed()) })
		s.address(ctx, n, "10.0.0.1")
		var written []string
		c := interceptor.NewClient(k8s, interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				written = append(written, o.(interface{ GetKind() string }).GetKind())
				return c.Apply(ctx, o, opts...)
			},
		})
		r := &KubeletReconciler{
			Client: c, Live: c, Every: time.Minute, Selector: labels.SelectorFromSet(mine), history: newHistory(),
			Options: kubelet.Options{Service: types.NamespacedName{Namespace: s.namespace, Name: "kubelet"}, Endpoints: true, EndpointSlices: true},
		}
		_, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: r.Options.Service})
		Expect(err).NotTo(HaveOccurred())
		Expect(written).To(Equal([]string{"Service", "EndpointSlice", "Endpoints"}))
	}, SpecTimeout(timeLimit))
})

func (s *scene) node(name string, labels map[string]string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: s.namespace + "-" + name, Labels: labels}}
}

func (s *scene) address(ctx SpecContext, n *corev1.Node, address string) {
	GinkgoHelper()
	n.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address}}
	Expect(k8s.Status().Update(ctx, n)).To(Succeed())
}
