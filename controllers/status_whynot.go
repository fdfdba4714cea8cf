package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

// whyNot asks every Prometheus why it does not select o.
func (r *ConfigResourceReconciler) whyNot(ctx context.Context, o client.Object, all []v1.Prometheus) (map[types.NamespacedName]world.Verdict, error) {
	var namespace corev1.Namespace
	err := r.Client.Get(ctx, types.NamespacedName{Name: o.GetNamespace()}, &namespace, client.UnsafeDisableDeepCopy)
	if client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	out := make(map[types.NamespacedName]world.Verdict, len(all))
	for i := range all {
		name := client.ObjectKeyFromObject(&all[i])
		selector, err := selection.SelectorOf(&all[i], r.kind)
		if err != nil {
			out[name] = world.Verdict{Reason: selection.InvalidSelector, Message: err.Error()}
			continue
		}
		if verdict := selector.Judge(o, namespace.Labels); !verdict.Accepted() {
			out[name] = verdict
		}
	}
	return out, nil
}

// unselected asks for the objects that no Prometheus selects, or only another operator's, where a Prometheus or the labels of a
// namespace changed: what keeps them from being selected may be something else now.
func (r *ConfigResourceReconciler) unselected(ctx context.Context, changed client.Object) []reconcile.Request {
	list, err := listOf(r.Client.Scheme(), r.new())
	if err != nil {
		log.FromContext(ctx).Error(err, "no list of a kind that is watched")
		return nil
	}
	options := []client.ListOption{client.UnsafeDisableDeepCopy}
	if namespace, ok := changed.(*corev1.Namespace); ok {
		options = append(options, client.InNamespace(namespace.Name))
	}
	if err := r.Client.List(ctx, list, options...); err != nil {
		log.FromContext(ctx).Error(err, "listing objects that no Prometheus selects", "kind", r.kind)
		return nil
	}
	var out []reconcile.Request
	_ = meta.EachListItem(list, func(item runtime.Object) error {
		o := item.(client.Object)
		if !r.Scope.Sees(o.GetNamespace()) {
			return nil
		}
		accepted := meta.FindStatusCondition(statusOf(o).Conditions, string(v1.Accepted))
		if accepted == nil || accepted.Status == metav1.ConditionFalse && accepted.Reason == status.NotSelected {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(o)})
		}
		return nil
	})
	return out
}

// listOf is an empty list of objects of the kind of o.
func listOf(scheme *runtime.Scheme, o client.Object) (client.ObjectList, error) {
	kind, err := apiutil.GVKForObject(o, scheme)
	if err != nil {
		return nil, err
	}
	list, err := scheme.New(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err != nil {
		return nil, err
	}
	return list.(client.ObjectList), nil
}
