package webhooks

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// selecting finds the Prometheuses in scope that select an object, from the cache.
type selecting struct {
	client.Reader
	scope world.Scope
}

// found are the Prometheuses of this operator that select an object, and why one of the others does not.
type found struct {
	prometheuses []*v1.Prometheus
	left         string // "" when there is no Prometheus at all
	elsewhere    bool   // it is, or may be, another operator's to judge
}

// of returns who selects o, an object of kind.
func (s selecting) of(ctx context.Context, kind world.Kind, o metav1.Object) (found, error) {
	if !s.scope.Sees(o.GetNamespace()) {
		return found{elsewhere: true}, nil
	}
	var all v1.PrometheusList
	if err := s.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return found{}, err
	}
	namespace, err := s.namespace(ctx, o.GetNamespace())
	if err != nil {
		return found{}, err
	}
	var out found
	for i := range all.Items {
		p := &all.Items[i]
		selector, err := selection.SelectorOf(p, kind)
		if err != nil {
			continue // the Prometheus' own to mend, and told in its status
		}
		verdict := selector.Judge(o, namespace)
		switch {
		case !s.scope.Manages(p):
			out.elsewhere = out.elsewhere || verdict.Accepted()
		case verdict.Accepted():
			out.prometheuses = append(out.prometheuses, p)
		default:
			out.left = fmt.Sprintf("%s: %s", nameOf(p), verdict.Message)
		}
	}
	return out, nil
}

// namespace returns the labels of a namespace; one that the cache has not seen yet has none.
func (s selecting) namespace(ctx context.Context, name string) (labels.Set, error) {
	var ns corev1.Namespace
	err := s.Get(ctx, types.NamespacedName{Name: name}, &ns)
	return ns.Labels, client.IgnoreNotFound(err)
}

// unselected warns when nobody selects an object, of whatever operator.
func (f found) unselected(a *Answer) {
	switch {
	case len(f.prometheuses) > 0 || f.elsewhere:
	case f.left == "":
		a.warn("no Prometheus selects this object: there is none")
	default:
		a.warn("no Prometheus selects this object: %s", f.left)
	}
}

func nameOf(p *v1.Prometheus) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: p.Name}
}
