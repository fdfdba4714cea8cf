package controllers

import (
	"context"
	"errors"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/promloop/promloop/api/v1"
)

var errPlanted = errors.New("planted by the test")

// failing fails the k-th write, and counts them all.
func failing(k int, count *int) interceptor.Funcs {
	turn := func() error {
		if *count++; *count == k {
			return errPlanted
		}
		return nil
	}
	return interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			if err := turn(); err != nil {
				return err
			}
			return c.Apply(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if err := turn(); err != nil {
				return err
			}
			return c.Delete(ctx, o, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			if err := turn(); err != nil {
				return err
			}
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	}
}

var _ = Describe("A Prometheus is reconciled", func() {
	It("to the same state, whichever write fails on the way", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		want := s.contents(ctx)
		k, failed := 0, true
		for failed {
			k++
			for _, o := range s.made(ctx) {
				Expect(k8s.Delete(ctx, o)).To(Succeed())
			}
			writes := 0
			s.operator, _ = newOperator(failing(k, &writes))
			_, err := s.operator.Reconcile(ctx, s.request())
			if failed = writes >= k; failed {
				Expect(err).To(MatchError(errPlanted), "what failed is said, so that it is tried again")
			}
			writes = k // and no other fails
			s.reconcile(ctx)
			Expect(s.contents(ctx)).To(Equal(want), "after write %d failed", k)
		}
		Expect(k).To(BeNumerically(">", 5), "there is much to write")
	}, SpecTimeout(2*time.Minute))

	It("and a second time without a single write", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		s.reconcile(ctx) // the status of the first pass knew no StatefulSet
		before := s.versions(ctx)
		s.reconcile(ctx)
		s.operator, _ = newOperator(interceptor.Funcs{})
		s.reconcile(ctx)
		Expect(s.versions(ctx)).To(Equal(before), "also by an operator that has just started")
	}, SpecTimeout(time.Minute))

	It("with what was deleted made again, byte by byte", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		want := s.contents(ctx)
		for _, name := range []string{"Secret/prometheus-main", "ConfigMap/prometheus-main-rulefiles-0"} {
			Expect(k8s.Delete(ctx, s.made(ctx)[name])).To(Succeed())
		}
		s.reconcile(ctx)
		Expect(s.contents(ctx)).To(Equal(want))
	}, SpecTimeout(time.Minute))

	It("and a conflict is a look again soon, not an error", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		s.create(ctx, s.rule("second", "up == 1"))
		s.operator, _ = newOperator(interceptor.Funcs{
			Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
				return apierrors.NewConflict(schema.GroupResource{Resource: "configmaps"}, "x", errPlanted)
			},
		})
		Expect(s.reconcile(ctx).RequeueAfter).To(Equal(conflictPause))
		var p v1.Prometheus
		Expect(k8s.Get(ctx, s.request().NamespacedName, &p)).To(Succeed())
	}, SpecTimeout(time.Minute))

	It("by two operators at once that conflict and do not alternate", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		late := false
		other, _ := newOperator(interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if !late { // between what it saw and what it writes, the first one is quicker
					late = true
					s.create(ctx, s.rule("third", "up == 3"))
					s.reconcile(ctx)
				}
				return c.Apply(ctx, o, opts...)
			},
		})
		s.create(ctx, s.rule("second", "up == 2"))
		result, err := other.Reconcile(ctx, s.request())
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(conflictPause), "its World was old, so nothing of it was written")
		Expect(s.contents(ctx)["ConfigMap/prometheus-main-rulefiles-0"]).To(HaveLen(3), "what the first one wrote stands")
		s.reconcile(ctx)
		before := s.versions(ctx)
		for range 3 {
			_, err := other.Reconcile(ctx, s.request())
			Expect(err).NotTo(HaveOccurred())
			s.reconcile(ctx)
		}
		Expect(s.versions(ctx)).To(Equal(before))
	}, SpecTimeout(time.Minute))

	It("while another one's API calls hang", func(ctx SpecContext) {
		slow, fast := newScene(ctx), newScene(ctx)
		hangs, release := make(chan struct{}, 1), make(chan struct{})
		operator, _ := newOperator(interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if named, ok := o.(interface{ GetNamespace() string }); ok && named.GetNamespace() == slow.namespace {
					select {
					case hangs <- struct{}{}:
					default:
					}
					<-release
				}
				return c.Apply(ctx, o, opts...)
			},
		})
		done := make(chan error)
		go func() {
			_, err := operator.Reconcile(ctx, slow.request())
			done <- err
		}()
		Eventually(hangs).WithContext(ctx).Should(Receive())
		_, err := operator.Reconcile(ctx, fast.request())
		Expect(err).NotTo(HaveOccurred(), "one does not wait for the other")
		Expect(done).NotTo(Receive())
		close(release)
		Eventually(done).WithContext(ctx).Should(Receive(Succeed()))
	}, SpecTimeout(time.Minute))

	It("and one that can't be looked at says so, and nothing that it does not know", func(ctx SpecContext) {
		s := newScene(ctx)
		p, request := s.prometheus(), ctrl.Request{}
		p.Name = "unseen"
		s.create(ctx, p)
		request.NamespacedName = client.ObjectKeyFromObject(p)
		forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "statefulsets"}, "", errPlanted)
		denied := false
		s.operator, _ = newOperator(interceptor.Funcs{
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if _, sets := list.(*appsv1.StatefulSetList); sets && denied {
					return forbidden
				}
				return c.List(ctx, list, opts...)
			},
		})
		_, err := s.operator.Reconcile(ctx, request)
		Expect(err).NotTo(HaveOccurred())

		By("being asked for something new, and denied a look")
		Expect(k8s.Get(ctx, request.NamespacedName, p)).To(Succeed())
		loaded := slices.IndexFunc(p.Status.Conditions, func(c v1.Condition) bool { return c.Type == v1.Loaded })
		p.Status.Conditions[loaded].Status = v1.ConditionTrue // as it would be beside a kubelet
		Expect(k8s.Status().Update(ctx, p)).To(Succeed())
		p.Spec.Replicas = ptr.To[int32](2)
		Expect(k8s.Update(ctx, p)).To(Succeed())
		denied = true
		_, err = s.operator.Reconcile(ctx, request)
		Expect(err).To(MatchError(apierrors.IsForbidden, "forbidden"), "so that it is tried again")
		Expect(k8s.Get(ctx, request.NamespacedName, p)).To(Succeed())
		Expect(p.Status.Conditions).To(ContainElements(
			And(HaveField("Type", v1.Reconciled), HaveField("Status", v1.ConditionFalse), HaveField("Message", ContainSubstring("statefulsets is forbidden"))),
			And(HaveField("Type", v1.Ready), HaveField("Status", v1.ConditionFalse), HaveField("ObservedGeneration", p.Generation)),
		))
		Expect(p.Status.ObservedGeneration).To(BeNumerically("<", p.Generation))
		_, waiting := s.operator.changes.since(request.NamespacedName, time.Now())
		Expect(waiting).To(BeTrue(), "what was loaded before is not the change")

		denied = false
		_, err = s.operator.Reconcile(ctx, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(k8s.Get(ctx, request.NamespacedName, p)).To(Succeed())
		Expect(p.Status.ObservedGeneration).To(Equal(p.Generation))
		Expect(p.Status.Is(v1.Reconciled, v1.ConditionTrue)).To(BeTrue(), "it is over")
	}, SpecTimeout(time.Minute))

	It("and leaves a Secret alone that is the user's own", func(ctx SpecContext) {
		s := newScene(ctx)
		p := s.prometheus()
		p.Name, p.Spec.ServiceMonitorSelector = "unmanaged", nil
		own := &corev1.Secret{ObjectMeta: s.meta("prometheus-unmanaged"), StringData: map[string]string{"prometheus.yaml.gz": "mine"}}
		s.create(ctx, p, own)
		request := s.request()
		request.Name = p.Name
		for range 3 {
			_, err := s.operator.Reconcile(ctx, request)
			Expect(err).NotTo(HaveOccurred())
		}
		before := own.ResourceVersion
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(own), own)).To(Succeed())
		Expect(own.ResourceVersion).To(Equal(before))
	}, SpecTimeout(time.Minute))
})

var _ = Describe("A referenced Secret", func() {
	It("is read when it changed, and only then", func(ctx SpecContext) {
		s, reads := newScene(ctx), 0
		s.operator, _ = newOperator(reading(func() error { reads++; return nil }))
		s.reconcile(ctx)
		s.reconcile(ctx)
		Expect(reads).To(Equal(1))
		login := &corev1.Secret{ObjectMeta: s.meta("login")}
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(login), login)).To(Succeed())
		login.Data["password"] = []byte("other")
		Expect(k8s.Update(ctx, login)).To(Succeed())
		before := s.contents(ctx)["Secret/prometheus-main"]
		s.reconcile(ctx)
		Expect(reads).To(Equal(2))
		Expect(s.contents(ctx)["Secret/prometheus-main"]).NotTo(Equal(before), "the new password is published")
	}, SpecTimeout(time.Minute))

	It("that can't be read just now takes nothing away", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		before := s.contents(ctx)
		s.operator, _ = newOperator(reading(func() error { return errPlanted }))
		Expect(s.reconcile(ctx).RequeueAfter).To(Equal(readAgain), "no event tells that it can be read again")
		Expect(s.contents(ctx)).To(Equal(before))
		var p v1.Prometheus
		Expect(k8s.Get(ctx, s.request().NamespacedName, &p)).To(Succeed())
		Expect(p.Status.Conditions).To(ContainElement(And(HaveField("Type", v1.Reconciled), HaveField("Message", ContainSubstring("ServiceMonitor")))))
	}, SpecTimeout(time.Minute))
})

// reading calls f before the Secret login is read.
func reading(f func() error) interceptor.Funcs {
	return interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if _, secret := o.(*corev1.Secret); secret && key.Name == "login" {
				if err := f(); err != nil {
					return err
				}
			}
			return c.Get(ctx, key, o, opts...)
		},
	}
}
