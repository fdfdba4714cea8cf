package webhooks

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// observeCapacity tells capacity of every rule ConfigMap that the cache sees come, change and go.
func observeCapacity(ctx context.Context, informers cache.Informers, capacity *rules.Capacity) error {
	informer, err := informers.GetInformer(ctx, &corev1.ConfigMap{})
	if err != nil {
		return err
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { observed(capacity, o, false) },
		UpdateFunc: func(_, o any) { observed(capacity, o, false) },
		DeleteFunc: func(o any) { observed(capacity, o, true) },
	})
	return err
}

func observed(capacity *rules.Capacity, o any, deleted bool) {
	if last, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
		o = last.Obj
	}
	cm, ok := o.(*corev1.ConfigMap)
	if !ok || cm.Labels[world.NameLabel] == "" {
		return
	}
	data := cm.Data
	if data == nil {
		data = map[string]string{}
	}
	if deleted {
		data = nil
	}
	capacity.Observe(types.NamespacedName{Namespace: cm.Namespace, Name: cm.Labels[world.NameLabel]}, cm.Name, data)
}
