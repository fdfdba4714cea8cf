package controllers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/workload"
)

// fieldOwner is the one field manager under which everything is applied.
const fieldOwner = client.FieldOwner("promloop")

// writer is the only part of the operator that writes the objects of a plan.
type writer struct {
	client client.Client // reads from the cache
	live   client.Reader // reads from the API server
}

// write applies the objects in their order. Each object of a set relies on those written before it, so a failure there ends it; whether all
// of that was written is published. A Service or StatefulSet that the API server refuses holds up nothing else.
func (w *writer) write(ctx context.Context, objects []workload.Object, past *history) (published bool, err error) {
	var errs []error
	for _, o := range objects {
		if err := w.apply(ctx, o, past); err != nil {
			errs = append(errs, fmt.Errorf("writing %T %s/%s: %w", o, o.GetNamespace(), o.GetName(), err))
			if ofSet(o) {
				return false, errors.Join(errs...)
			}
		}
	}
	return true, errors.Join(errs...)
}

func ofSet(o workload.Object) bool {
	switch o.(type) {
	case *corev1.Secret, *corev1.ConfigMap:
		return true
	}
	return false
}

func (w *writer) apply(ctx context.Context, o workload.Object, past *history) error {
	if err := w.adopt(ctx, o, past); err != nil {
		return err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return err
	}
	u := &unstructured.Unstructured{Object: content}
	unstructured.RemoveNestedField(u.Object, "status")
	err = w.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), fieldOwner, client.ForceOwnership)
	if apierrors.IsInvalid(err) {
		err = w.overwrite(ctx, u, err)
	}
	if err == nil {
		err = w.sweep(ctx, u, o)
	}
	if err == nil {
		past.note(u)
	}
	return err
}

// sweep removes what somebody else put into a Secret or ConfigMap, by hand or from a backup: apply takes away only what is ours, and
// a set with a file too many is never complete. u is the object as it stands after it was applied.
func (w *writer) sweep(ctx context.Context, u *unstructured.Unstructured, o workload.Object) error {
	surplus := map[string]any{}
	for _, section := range []string{"data", "binaryData"} {
		there, _, _ := unstructured.NestedFieldNoCopy(u.Object, section)
		entries, _ := there.(map[string]any)
		remove := map[string]any{}
		for key := range entries {
			if !has(o, key) {
				remove[key] = nil
			}
		}
		if len(remove) > 0 {
			surplus[section] = remove
		}
	}
	if len(surplus) == 0 {
		return nil
	}
	surplus["metadata"] = map[string]any{"resourceVersion": u.GetResourceVersion()}
	patch, err := json.Marshal(surplus)
	if err != nil {
		return err
	}
	return w.client.Patch(ctx, u, client.RawPatch(types.MergePatchType, patch), fieldOwner)
}

// has reports whether a Secret or ConfigMap has an entry of that name; other kinds have no data.
func has(o workload.Object, key string) bool {
	found := false
	switch o := o.(type) {
	case *corev1.Secret:
		_, found = o.Data[key]
	case *corev1.ConfigMap:
		_, found = o.Data[key]
	}
	return found
}

// overwrite puts a Service right whose ports somebody changed: apply tells ports apart by their numbers, so it adds the right one
// beside the wrong one, where a merge replaces the list.
func (w *writer) overwrite(ctx context.Context, u *unstructured.Unstructured, refused error) error {
	if u.GetKind() != "Service" {
		return refused
	}
	return w.client.Patch(ctx, u.DeepCopy(), client.Merge, fieldOwner)
}

// resize grows volumes, and only then takes StatefulSets away that are made anew with the new size.
func (w *writer) resize(ctx context.Context, claims []*corev1.PersistentVolumeClaim, orphans []workload.Object) error {
	if err := w.grow(ctx, claims); err != nil {
		return err
	}
	return w.orphan(ctx, orphans)
}

// grow asks for larger volumes, where the claims are still as they were seen.
func (w *writer) grow(ctx context.Context, claims []*corev1.PersistentVolumeClaim) error {
	for _, claim := range claims {
		size := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		patch := fmt.Appendf(nil, `{"metadata":{"resourceVersion":%q},"spec":{"resources":{"requests":{"storage":%q}}}}`,
			claim.ResourceVersion, size.String())
		there := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: claim.Namespace, Name: claim.Name}}
		if err := w.client.Patch(ctx, there, client.RawPatch(types.MergePatchType, patch)); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("growing PersistentVolumeClaim %s/%s to %s: %w", claim.Namespace, claim.Name, size.String(), err)
		}
	}
	return nil
}

// orphan deletes objects and leaves what they own running, for the next write to adopt.
func (w *writer) orphan(ctx context.Context, objects []workload.Object) error {
	for _, o := range objects {
		if err := w.remove(ctx, o, client.PropagationPolicy(metav1.DeletePropagationOrphan)); err != nil {
			return err
		}
		recreated.WithLabelValues(prometheusController).Inc()
	}
	return nil
}

// prune deletes what is no longer wanted, if it is still what was seen.
func (w *writer) prune(ctx context.Context, objects []workload.Object) error {
	for _, o := range objects {
		if err := w.remove(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) remove(ctx context.Context, o workload.Object, options ...client.DeleteOption) error {
	uid, version := o.GetUID(), o.GetResourceVersion()
	options = append(options, client.Preconditions{UID: &uid, ResourceVersion: &version})
	if err := w.client.Delete(ctx, o, options...); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting %T %s/%s: %w", o, o.GetNamespace(), o.GetName(), err)
	}
	return nil
}

// poke writes the release annotation of one pod, so that its kubelet syncs the volumes now.
func (w *writer) poke(ctx context.Context, p delivery.Poke) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, contract.ReleaseAnnotation, p.Value)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: p.Pod.Namespace, Name: p.Pod.Name}}
	err := w.client.Patch(ctx, pod, client.RawPatch(types.MergePatchType, patch))
	return client.IgnoreNotFound(err)
}
