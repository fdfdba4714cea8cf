package controllers

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

var _ = Describe("What was made is kept up", func() {
	It("with what users added left in place, and what they changed put right", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		want := s.contents(ctx)
		for _, o := range s.made(ctx) {
			o.SetAnnotations(map[string]string{"theirs": "kept"})
			if svc, ok := o.(*corev1.Service); ok {
				svc.Spec.Ports[0].Port = 1234
			}
			Expect(k8s.Update(ctx, o)).To(Succeed())
		}
		s.reconcile(ctx)
		Expect(s.contents(ctx)).To(Equal(want))
		for name, o := range s.made(ctx) {
			Expect(o.GetAnnotations()).To(HaveKeyWithValue("theirs", "kept"), name)
		}
	}, SpecTimeout(timeLimit))

	It("with a StatefulSet made anew around its running pods where a field can't be changed", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		before := s.made(ctx)["StatefulSet/prometheus-main"]
		var policies []metav1.DeletionPropagation
		s.operator, _ = newOperator(interceptor.Funcs{
			Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
				asked := (&client.DeleteOptions{}).ApplyOptions(opts)
				policies = append(policies, *asked.PropagationPolicy)
				asked.PropagationPolicy = nil // no controller is here to set the pods free
				return c.Delete(ctx, o, asked)
			},
		})
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		policy := v1.OrderedReadyPodManagement
		p.Spec.PodManagementPolicy = &policy
		Expect(k8s.Update(ctx, p)).To(Succeed())
		counter := `prometheus_operator_reconcile_sts_delete_create_total{controller="prometheus"}`
		counted := series(GinkgoTB(), metrics.Registry)[counter]
		s.reconcile(ctx)
		Expect(series(GinkgoTB(), metrics.Registry)).To(HaveKeyWithValue(counter, counted+1))
		Expect(policies).To(Equal([]metav1.DeletionPropagation{metav1.DeletePropagationOrphan}), "no pod is deleted for it")
		Expect(s.made(ctx)["StatefulSet/prometheus-main"].GetUID()).NotTo(Equal(before.GetUID()))
	}, SpecTimeout(timeLimit))

	It("with changes that go live although its volume claims can't be looked at", func(ctx SpecContext) {
		s := newScene(ctx)
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Storage = &v1.StorageSpec{}
		p.Spec.Storage.VolumeClaimTemplate.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
		Expect(k8s.Update(ctx, p)).To(Succeed())
		s.reconcile(ctx)
		s.operator, _ = newOperator(interceptor.Funcs{
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if _, claims := list.(*corev1.PersistentVolumeClaimList); claims {
					return errPlanted
				}
				return c.List(ctx, list, opts...)
			},
		})
		s.create(ctx, s.rule("second", "up == 1"))
		result, err := s.operator.Reconcile(ctx, s.request())
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(And(BeNumerically(">", 0), BeNumerically("<=", time.Minute)), "it looks again")
		Expect(s.contents(ctx)["ConfigMap/prometheus-main-rulefiles-0"]).To(HaveLen(2), "the rule is published")
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		Expect(p.Status.Conditions).To(ContainElement(And(
			HaveField("Type", v1.Reconciled), HaveField("Reason", "VolumeNotResized"), HaveField("Message", ContainSubstring(errPlanted.Error())))))
	}, SpecTimeout(timeLimit))

	It("with changes that go live although a volume may not grow and the StatefulSet is refused", func(ctx SpecContext) {
		s := newScene(ctx)
		class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}, Provisioner: "none", AllowVolumeExpansion: new(true)}
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Storage = &v1.StorageSpec{}
		template := &p.Spec.Storage.VolumeClaimTemplate.Spec
		template.StorageClassName = &class.Name
		template.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
		Expect(k8s.Update(ctx, p)).To(Succeed())
		s.reconcile(ctx)
		set := s.made(ctx)["StatefulSet/prometheus-main"].(*appsv1.StatefulSet)
		claim := set.Spec.VolumeClaimTemplates[0].DeepCopy()
		claim.Namespace, claim.Name = s.namespace, claim.Name+"-prometheus-main-0"
		claim.Labels = set.Spec.Selector.MatchLabels
		claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
		pod := &corev1.Pod{ObjectMeta: s.meta("prometheus-main-0"), Spec: *set.Spec.Template.Spec.DeepCopy()}
		pod.Labels, pod.Annotations = set.Spec.Template.Labels, set.Spec.Template.Annotations
		pod.Spec.ServiceAccountName, pod.Spec.Volumes = "", append(pod.Spec.Volumes, corev1.Volume{Name: claim.Name[:len(claim.Name)-len("-prometheus-main-0")]})
		Expect(controllerutil.SetControllerReference(set, pod, k8s.Scheme())).To(Succeed())
		s.create(ctx, class, claim, pod)
		pod.Status.Phase = corev1.PodRunning
		Expect(k8s.Status().Update(ctx, pod)).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(k8s.Delete(ctx, class)).To(Succeed()) })

		By("asking for more than a quota and a policy allow, and for another rule")
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Storage.VolumeClaimTemplate.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("2Gi")
		p.Spec.Image = new("another")
		Expect(k8s.Update(ctx, p)).To(Succeed())
		s.create(ctx, s.rule("second", "up == 1"))
		s.operator, _ = newOperator(interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
				if _, claim := o.(*corev1.PersistentVolumeClaim); claim {
					return errPlanted
				}
				return c.Patch(ctx, o, patch, opts...)
			},
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if named, ok := o.(interface{ GetKind() string }); ok && named.GetKind() == "StatefulSet" {
					return errPlanted
				}
				return c.Apply(ctx, o, opts...)
			},
		})
		_, err := s.operator.Reconcile(ctx, s.request())
		Expect(err).To(MatchError(And(ContainSubstring("growing PersistentVolumeClaim"), ContainSubstring("StatefulSet"))))
		Expect(s.contents(ctx)["ConfigMap/prometheus-main-rulefiles-0"]).To(HaveLen(2), "the rule is published")
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(pod), pod)).To(Succeed())
		Expect(pod.Annotations).To(HaveKey(contract.ReleaseAnnotation), "the pod is told")
	}, SpecTimeout(timeLimit))

	It("with as many shards as its scale subresource asks for", func(ctx SpecContext) {
		s := newScene(ctx)
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Shards = new(int32(1))
		Expect(k8s.Update(ctx, p)).To(Succeed())
		s.reconcile(ctx) // writes the StatefulSet
		s.reconcile(ctx) // sees it

		var scale autoscalingv1.Scale
		Expect(k8s.SubResource("scale").Get(ctx, p, &scale)).To(Succeed())
		Expect(scale.Spec.Replicas).To(BeEquivalentTo(1))
		Expect(scale.Status.Replicas).To(BeEquivalentTo(1))
		selector, err := labels.Parse(scale.Status.Selector)
		Expect(err).NotTo(HaveOccurred())
		first := s.made(ctx)["StatefulSet/prometheus-main"].(*appsv1.StatefulSet)
		Expect(selector.Matches(labels.Set(first.Spec.Template.Labels))).To(BeTrue(), "an autoscaler finds the pods by it")

		scale.Spec.Replicas = 2
		Expect(k8s.SubResource("scale").Update(ctx, p, client.WithSubResourceBody(&scale))).To(Succeed())
		s.reconcile(ctx)
		second := s.made(ctx)["StatefulSet/prometheus-main-shard-1"].(*appsv1.StatefulSet)
		Expect(selector.Matches(labels.Set(second.Spec.Template.Labels))).To(BeTrue(), "the load of all shards counts")
	}, SpecTimeout(timeLimit))

	DescribeTable("and a pod that holds up a rollout for good",
		func(ctx SpecContext, policy RepairPolicy, gone bool) {
			s := newScene(ctx)
			s.operator.Repair = policy
			s.reconcile(ctx)
			sts := s.made(ctx)["StatefulSet/prometheus-main"].(*appsv1.StatefulSet)
			sts.Status.ObservedGeneration, sts.Status.UpdateRevision = sts.Generation, "new"
			Expect(k8s.Status().Update(ctx, sts)).To(Succeed())
			pod := &corev1.Pod{ObjectMeta: s.meta("prometheus-main-0")}
			pod.Labels = map[string]string{podLabel: "main", appsv1.ControllerRevisionHashLabelKey: "old"}
			pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(sts, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))}
			pod.Spec.Containers = []corev1.Container{{Name: "prometheus", Image: "x"}}
			s.create(ctx, pod)
			s.reconcile(ctx)
			var pods corev1.PodList
			Expect(k8s.List(ctx, &pods, client.InNamespace(s.namespace))).To(Succeed())
			Expect(pods.Items).To(HaveLen(map[bool]int{true: 0, false: 1}[gone]))
		},
		Entry("stays, unless the user wants it otherwise", RepairNone, false, SpecTimeout(timeLimit)),
		Entry("is deleted", RepairDelete, true, SpecTimeout(timeLimit)),
		Entry("is evicted", RepairEvict, true, SpecTimeout(timeLimit)),
	)
})

var _ = Describe("Without a kind", func() {
	It("that the API server does not know, or the operator may not watch, it says which", func(ctx SpecContext) {
		user, err := cluster.AddUser(envtest.User{Name: "nobody"}, nil)
		Expect(err).NotTo(HaveOccurred())
		nobody, err := client.New(user.Config(), client.Options{Scheme: testScheme(), Mapper: k8s.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
		Expect(Missing(ctx, nobody, nil)).To(And(HaveLen(6), HaveKeyWithValue(world.Probe, ContainSubstring("may not list probes"))))
		ignorant, err := client.New(user.Config(), client.Options{Scheme: testScheme(), Mapper: meta.NewDefaultRESTMapper(nil)})
		Expect(err).NotTo(HaveOccurred())
		Expect(Missing(ctx, ignorant, nil)).To(HaveKeyWithValue(world.Probe, ContainSubstring("install its CRD")))
		Expect(Missing(ctx, k8s, nil)).To(BeEmpty())
	}, SpecTimeout(timeLimit))

	It("nothing of it is taken away", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		want := s.contents(ctx)
		s.operator, _ = newOperator(interceptor.Funcs{})
		s.operator.observer.missing = map[world.Kind]string{world.ServiceMonitor: "planted by the test"}
		s.reconcile(ctx)
		Expect(s.contents(ctx)["Secret/prometheus-main"]).To(Equal(want["Secret/prometheus-main"]))
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		Expect(p.Status.Conditions).To(ContainElement(And(
			HaveField("Type", v1.Reconciled), HaveField("Status", v1.ConditionFalse), HaveField("Message", ContainSubstring("planted by the test")))))
	}, SpecTimeout(timeLimit))
})
