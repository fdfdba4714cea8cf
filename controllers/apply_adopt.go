package controllers

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// formerManagers are the field managers of prometheus-operator: what it calls itself, and the name of its program before it did.
var formerManagers = sets.New("PrometheusOperator", "operator")

// adopt prepares an object for a write of ours where somebody else wrote it last: what prometheus-operator had set becomes ours.
// Otherwise what it set and we do not would stay beside what we set: its rule files in a ConfigMap, or a second source of a volume,
// which the API server refuses. It asks the API server, because the cache has no field managers, and nothing without our label.
func (w *writer) adopt(ctx context.Context, o workload.Object, past *history) error {
	if past.wroteLast(o) {
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
	if there.DeletionTimestamp != nil {
		return errBeingDeleted
	}
	if past.unseen(o, there) {
		return apierrors.NewConflict(schema.GroupResource{Resource: keyOf(o).kind}, o.GetName(), errUnseen)
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(there, formerManagers, string(fieldOwner))
	if err != nil {
		return fmt.Errorf("reading its field managers: %w", err)
	}
	if patch != nil {
		if err := past.mayTakeOver(o); err != nil {
			return err
		}
		if err := w.client.Patch(ctx, there, client.RawPatch(types.JSONPatchType, patch)); err != nil {
			return fmt.Errorf("taking over the fields of %v: %w", sets.List(formerManagers), err)
		}
		past.takeovers[keyOf(o)]++
	}
	o.SetResourceVersion(there.ResourceVersion)
	return nil
}

// errUnseen is why an object is not written that was decided to be missing, and is there.
var errUnseen = errors.New("another replica of the operator made it, and the cache does not show it yet")

// errBeingDeleted is why an object is not written that has to go first.
var errBeingDeleted = errors.New("it is being deleted, and made anew once it is gone")

// maxTakeovers bounds how often an object is taken over: once when it is adopted, and again for a write that the other operator
// had under way. One that comes back after that is being written by an operator that runs, and each would undo the other's work.
const maxTakeovers = 3

// history is what was written for one Prometheus. Losing it costs a request per object.
type history struct {
	versions  map[objectKey]string // the resourceVersion of every object as we wrote it last
	takeovers map[objectKey]int
}

func newHistory() *history {
	return &history{versions: map[objectKey]string{}, takeovers: map[objectKey]int{}}
}

type objectKey struct {
	kind string
	name types.NamespacedName
}

func keyOf(o workload.Object) objectKey {
	return objectKey{
		kind: o.GetObjectKind().GroupVersionKind().Kind,
		name: types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()},
	}
}

func (h *history) note(o workload.Object) {
	h.versions[keyOf(o)] = o.GetResourceVersion()
}

// wroteLast reports whether o was decided on the form that we wrote last.
func (h *history) wroteLast(o workload.Object) bool {
	return o.GetResourceVersion() != "" && h.versions[keyOf(o)] == o.GetResourceVersion()
}

// unseen reports whether there, which was decided to be missing, was written for the same owner by somebody else than us.
func (h *history) unseen(o workload.Object, there *metav1.PartialObjectMetadata) bool {
	owner := metav1.GetControllerOf(o)
	return o.GetResourceVersion() == "" && owner != nil && metav1.IsControlledBy(there, &metav1.ObjectMeta{UID: owner.UID}) &&
		there.Labels[world.ManagedByLabel] == world.ManagedByValue && h.versions[keyOf(o)] != there.ResourceVersion
}

// mayTakeOver fails when two operators would go on for ever.
func (h *history) mayTakeOver(o workload.Object) error {
	if h.takeovers[keyOf(o)] == maxTakeovers {
		return fmt.Errorf("prometheus-operator still writes it, so promloop leaves it alone: stop that operator and restart promloop, "+
			"or give each its own --controller-id and say with the annotation %s whose this Prometheus is", world.ControllerIDAnnotation)
	}
	return nil
}
