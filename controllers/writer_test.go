package controllers

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

var _ = Describe("What was decided on an old view", func() {
	It("deletes nothing that changed since", func(ctx SpecContext) {
		s := newScene(ctx)
		seen := &corev1.ConfigMap{ObjectMeta: s.meta("surplus"), Data: map[string]string{"a": "old"}}
		s.create(ctx, seen)
		newer := seen.DeepCopy()
		newer.Data["a"] = "new"
		Expect(k8s.Update(ctx, newer)).To(Succeed())
		Expect(apierrors.IsConflict(s.operator.writer.prune(ctx, []workload.Object{seen}))).To(BeTrue())
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(seen), seen)).To(Succeed())
		Expect(s.operator.writer.prune(ctx, []workload.Object{seen})).To(Succeed(), "as it stands it goes")
	}, SpecTimeout(timeLimit))

	It("overwrites nothing of another replica that the cache does not show yet", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		before := s.versions(ctx)
		behind, _ := newOperator(interceptor.Funcs{
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if _, maps := list.(*corev1.ConfigMapList); maps {
					return nil
				}
				return c.List(ctx, list, opts...)
			},
		})
		s.create(ctx, s.rule("second", "up == 2"))
		result, err := behind.Reconcile(ctx, s.request())
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(conflictPause))
		after := s.versions(ctx)
		delete(before, "Prometheus") // whose status says what went wrong
		delete(after, "Prometheus")
		Expect(after).To(Equal(before))
	}, SpecTimeout(timeLimit))
})

var _ = Describe("What somebody else wrote", func() {
	It("into the files of a set is removed, since a set with a file too many is never complete", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		want := s.contents(ctx)
		for _, o := range s.made(ctx) {
			switch o := o.(type) {
			case *corev1.ConfigMap:
				theirs := []byte(`{"data":{"theirs.yaml":"x"},"binaryData":{"more":"eA=="}}`)
				Expect(k8s.Patch(ctx, o, client.RawPatch(types.MergePatchType, theirs), client.FieldOwner("kubectl-edit"))).To(Succeed())
			case *corev1.Secret:
				theirs := []byte(`{"data":{"theirs":"eA=="}}`)
				Expect(k8s.Patch(ctx, o, client.RawPatch(types.MergePatchType, theirs), client.FieldOwner("kubectl-edit"))).To(Succeed())
			}
		}
		s.reconcile(ctx)
		Expect(s.contents(ctx)).To(Equal(want))
		before := s.versions(ctx)
		s.reconcile(ctx)
		Expect(s.versions(ctx)).To(Equal(before), "then there is nothing more to do")
	}, SpecTimeout(timeLimit))

	It("and is going is waited for, without asking 20 times a second", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		set := s.made(ctx)["StatefulSet/prometheus-main"].(*appsv1.StatefulSet)
		set.Finalizers = []string{"example.com/stays"}
		Expect(k8s.Update(ctx, set)).To(Succeed())
		Expect(k8s.Delete(ctx, set)).To(Succeed())
		result, err := s.operator.Reconcile(ctx, s.request())
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(deletionPause))
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		Expect(p.Status.Conditions).To(ContainElement(And(HaveField("Type", v1.Reconciled), HaveField("Message", ContainSubstring("being deleted")))))
		set.Finalizers = nil
		Expect(k8s.Patch(ctx, set, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`)))).To(Succeed())
		s.reconcile(ctx)
		Expect(s.made(ctx)["StatefulSet/prometheus-main"].GetUID()).NotTo(Equal(set.UID))
	}, SpecTimeout(timeLimit))
})

var _ = Describe("A paused Prometheus", func() {
	It("is told of and left as it is", func(ctx SpecContext) {
		s := newScene(ctx)
		s.reconcile(ctx)
		want := s.contents(ctx)
		p := s.prometheus()
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		p.Spec.Paused = true
		Expect(k8s.Update(ctx, p)).To(Succeed())
		s.create(ctx, s.rule("second", "up == 2"))
		s.reconcile(ctx)
		Expect(s.contents(ctx)).To(Equal(want))
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(p), p)).To(Succeed())
		Expect(p.Status.Conditions).To(ContainElement(And(HaveField("Type", v1.Reconciled), HaveField("Status", v1.ConditionTrue), HaveField("Reason", "Paused"))))
	}, SpecTimeout(timeLimit))
})

// Two operators that write the same objects would take them from each other for ever.
func TestTakeoversAreBounded(t *testing.T) {
	t.Parallel()
	theirs := func(name string) *corev1.ConfigMap {
		return &corev1.ConfigMap{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager: "PrometheusOperator", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
				FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:data":{"f:a":{}}}`)},
			}}},
		}
	}
	var fails error
	c := fake.NewClientBuilder().WithReturnManagedFields().WithInterceptorFuncs(interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
			o.SetManagedFields(theirs(key.Name).ManagedFields)
			return nil
		},
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return fails
		},
	}).Build()
	h, w := newHistory(), &writer{client: c, live: c}
	fails = errPlanted
	for range 2 * maxTakeovers {
		if err := w.adopt(t.Context(), theirs("x"), h); !errors.Is(err, errPlanted) {
			t.Fatalf("a try that failed does not count: %v", err)
		}
	}
	fails = nil
	for n := range maxTakeovers {
		if err := w.adopt(t.Context(), theirs("x"), h); err != nil {
			t.Fatalf("takeover %d: %v", n+1, err)
		}
	}
	if err := w.adopt(t.Context(), theirs("x"), h); err == nil || !strings.Contains(err.Error(), world.ControllerIDAnnotation) {
		t.Errorf("after that it must give up and say what to do: %v", err)
	}
	if err := w.adopt(t.Context(), theirs("y"), h); err != nil {
		t.Errorf("each object counts by itself: %v", err)
	}
}

func TestAForbiddenPokeIsNoFailure(t *testing.T) {
	t.Parallel()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "p-0"}}
	forbidden := true
	c := fake.NewClientBuilder().WithObjects(pod).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if forbidden {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, o.GetName(), errPlanted)
			}
			return c.Patch(ctx, o, p, opts...)
		},
	}).Build()
	r, m := &PrometheusReconciler{writer: &writer{client: c, live: c}}, &memory{poked: map[string]time.Time{}}
	for _, step := range []struct {
		reason    string
		forbidden bool
	}{{"all goes on at the kubelets' pace, and the status says so", true}, {"the right is back", false}} {
		forbidden = step.forbidden
		w := &world.World{}
		if err := r.poke(t.Context(), w, []delivery.Poke{{Pod: pod, Value: "{}"}}, m); err != nil {
			t.Errorf("%s: %v", step.reason, err)
		}
		if (w.Unpatchable != "") != step.forbidden || w.Unpatchable != m.unpatchable {
			t.Errorf("%s: the World says %q, the memory %q", step.reason, w.Unpatchable, m.unpatchable)
		}
	}
}
