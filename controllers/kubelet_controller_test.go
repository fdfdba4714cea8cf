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
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/promloop/promloop/internal/kubelet"
)

var _ = Describe("The Service of the kubelets", func() {
	It("has the slices that the nodes fill, and no other of ours", func(ctx SpecContext) {
		s := newScene(ctx)
		s.node(ctx, "four", "10.0.0.1")
		six := s.node(ctx, "six", "2001:db8::1")
		foreign := &discoveryv1.EndpointSlice{ObjectMeta: s.meta("foreign"), AddressType: discoveryv1.AddressTypeIPv4}
		foreign.Labels = map[string]string{discoveryv1.LabelServiceName: "kubelet", discoveryv1.LabelManagedBy: "somebody.else"}
		s.create(ctx, foreign)
		r := s.kubelets(k8s, kubelet.Options{EndpointSlices: true})
		slices := func() []string {
			GinkgoHelper()
			reconcileKubelets(ctx, r)
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

	It("has the addresses of the family that the API server prefers for it", func(ctx SpecContext) {
		s := newScene(ctx)
		s.node(ctx, "a", "2001:db8::1", "10.0.0.1") // the API server has a range of IPv4 for Services
		r := s.kubelets(k8s, kubelet.Options{Endpoints: true})
		reconcileKubelets(ctx, r)
		var endpoints corev1.Endpoints
		Expect(k8s.Get(ctx, r.Options.Service, &endpoints)).To(Succeed())
		Expect(endpoints.Subsets).To(ConsistOf(HaveField("Addresses", ConsistOf(HaveField("IP", "10.0.0.1")))))
	}, SpecTimeout(timeLimit))

	It("has slices before its Endpoints end those that Kubernetes mirrored", func(ctx SpecContext) {
		s := newScene(ctx)
		s.node(ctx, "a", "10.0.0.1")
		var written []string
		c := interceptor.NewClient(k8s, interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				written = append(written, o.(interface{ GetKind() string }).GetKind())
				return c.Apply(ctx, o, opts...)
			},
		})
		reconcileKubelets(ctx, s.kubelets(c, kubelet.Options{Endpoints: true, EndpointSlices: true}))
		Expect(written).To(Equal([]string{"Service", "EndpointSlice", "Endpoints"}))
	}, SpecTimeout(timeLimit))

	It("is counted by what is kept for it", func(ctx SpecContext) {
		s := newScene(ctx)
		s.node(ctx, "a", "10.0.0.1")
		c := interceptor.NewClient(k8s, interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if o.(interface{ GetKind() string }).GetKind() == "EndpointSlice" {
					return errPlanted
				}
				return c.Apply(ctx, o, opts...)
			},
		})
		before := series(GinkgoTB(), metrics.Registry)
		r := s.kubelets(c, kubelet.Options{Endpoints: true, EndpointSlices: true})
		_, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: r.Options.Service})
		Expect(err).To(MatchError(errPlanted))
		after := series(GinkgoTB(), metrics.Registry)
		for name, grown := range map[string]float64{
			`prometheus_operator_node_syncs_total{resource="endpoints"}`:            1,
			`prometheus_operator_node_syncs_failed_total{resource="endpoints"}`:     0,
			`prometheus_operator_node_syncs_total{resource="endpointslice"}`:        1,
			`prometheus_operator_node_syncs_failed_total{resource="endpointslice"}`: 1,
		} {
			Expect(after).To(HaveKeyWithValue(name, before[name]+grown))
		}
		s.kubelets(c, kubelet.Options{Endpoints: true})
		Expect(series(GinkgoTB(), metrics.Registry)).To(And(
			HaveKeyWithValue(`prometheus_operator_kubelet_managed_resource{resource="endpoints"}`, 1.0),
			HaveKeyWithValue(`prometheus_operator_kubelet_managed_resource{resource="endpointslice"}`, 0.0)))
	}, SpecTimeout(timeLimit))
})

// kubelets keeps a Service of the scene's nodes.
func (s *scene) kubelets(c client.Client, o kubelet.Options) *KubeletReconciler {
	o.Service = types.NamespacedName{Namespace: s.namespace, Name: "kubelet"}
	r := &KubeletReconciler{Client: c, Live: c, Options: o, Every: time.Minute, Selector: labels.SelectorFromSet(s.nodes())}
	r.prepare()
	return r
}

func reconcileKubelets(ctx SpecContext, r *KubeletReconciler) {
	GinkgoHelper()
	_, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: r.Options.Service})
	Expect(err).NotTo(HaveOccurred())
}

// nodes are the labels of the scene's nodes.
func (s *scene) nodes() map[string]string { return map[string]string{"scene": s.namespace} }

// node adds a node with its addresses.
func (s *scene) node(ctx SpecContext, name string, addresses ...string) *corev1.Node {
	GinkgoHelper()
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: s.namespace + "-" + name, Labels: s.nodes()}}
	s.create(ctx, n)
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(k8s.Delete(ctx, n))).To(Succeed()) })
	for _, a := range addresses {
		n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: a})
	}
	Expect(k8s.Status().Update(ctx, n)).To(Succeed())
	return n
}
