package controllers

import (
	"context"
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/plan"
)

// formerManagers are the field managers of prometheus-operator: what it calls itself, and the name of its program before it did.
var formerManagers = sets.New("PrometheusOperator", "operator")

// adopt prepares an object for a write of ours where somebody else wrote it last: what prometheus-operator had set becomes ours.
// Otherwise what it set and we do not would stay beside what we set: its rule files in a ConfigMap, or a second source of a volume,
// which the API server refuses. It asks the API server, because the cache has no field managers, and nothing without our label.
func (w *writer) adopt(ctx context.Context, o plan.Object) error {
	if w.last.was(o) {
		return nil
	}
	there := &metav1.PartialObjectMetadata{}
	there.SetGroupVersionKind(o.GetObjectKind().GroupVersionKind())
	if err := w.live.Get(ctx, client.ObjectKeyFromObject(o), there); err != nil {
		return client.IgnoreNotFound(err)
	}
	if decided := o.GetResourceVersion(); decided != "" && decided != there.ResourceVersion {
		return nil // the write will conflict, as it should
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(there, formerManagers, string(fieldOwner))
	if err != nil {
		return fmt.Errorf("reading its field managers: %w", err)
	}
	if patch != nil {
		if err := w.client.Patch(ctx, there, client.RawPatch(types.JSONPatchType, patch)); err != nil {
			return fmt.Errorf("taking over the fields of %v: %w", sets.List(formerManagers), err)
		}
	}
	o.SetResourceVersion(there.ResourceVersion)
	return nil
}

// lastWrites remembers the resourceVersion of every object as we wrote it last. Losing it costs a request per object.
type lastWrites struct {
	mu       sync.Mutex
	versions map[objectKey]string
}

type objectKey struct {
	kind string
	name types.NamespacedName
}

func keyOf(o plan.Object) objectKey {
	return objectKey{
		kind: o.GetObjectKind().GroupVersionKind().Kind,
		name: types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()},
	}
}

func (l *lastWrites) note(o plan.Object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.versions == nil {
		l.versions = map[objectKey]string{}
	}
	l.versions[keyOf(o)] = o.GetResourceVersion()
}

// was reports whether o was decided on the form that we wrote last.
func (l *lastWrites) was(o plan.Object) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return o.GetResourceVersion() != "" && l.versions[keyOf(o)] == o.GetResourceVersion()
}
