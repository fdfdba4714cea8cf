package controllers

import (
	"context"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// NamespacePoller is for an operator that may not list and watch the namespaces of the cluster: it gets those that it was told of, one
// by one. One that it may not get either counts as there, with no label but its name.
type NamespacePoller struct {
	Live  client.Reader
	Names []string
	// Every is how long a new label stays unnoticed at most.
	Every time.Duration

	last map[string]*corev1.Namespace
}

// NewInformer goes into the options of a cache; the informer of namespaces then polls.
func (n *NamespacePoller) NewInformer(
	lw toolscache.ListerWatcher, object runtime.Object, resync time.Duration, indexers toolscache.Indexers,
) toolscache.SharedIndexInformer {
	if _, ok := object.(*corev1.Namespace); ok {
		polled := &toolscache.ListWatch{ListWithContextFunc: n.list, WatchFuncWithContext: n.watch}
		lw = toolscache.ToListWatcherWithWatchListSemantics(polled, n)
	}
	return toolscache.NewSharedIndexInformer(lw, object, resync, indexers)
}

// IsWatchListSemanticsUnSupported tells the informer to list before it watches.
func (n *NamespacePoller) IsWatchListSemanticsUnSupported() bool { return true }

func (n *NamespacePoller) list(ctx context.Context, _ metav1.ListOptions) (runtime.Object, error) {
	found, err := n.look(ctx)
	if err != nil {
		return nil, err
	}
	n.last = found
	list := &corev1.NamespaceList{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		list.Items = append(list.Items, *found[name])
	}
	return list, nil
}

// look gets all of them that exist.
func (n *NamespacePoller) look(ctx context.Context) (map[string]*corev1.Namespace, error) {
	found := map[string]*corev1.Namespace{}
	for _, name := range n.Names {
		ns := &corev1.Namespace{}
		err := n.Live.Get(ctx, types.NamespacedName{Name: name}, ns)
		switch {
		case apierrors.IsForbidden(err):
			labels := map[string]string{corev1.LabelMetadataName: name}
			found[name] = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		case err == nil:
			found[name] = ns
		case !apierrors.IsNotFound(err):
			return nil, err
		}
	}
	return found, nil
}

// watch follows on the list before it.
func (n *NamespacePoller) watch(ctx context.Context, _ metav1.ListOptions) (watch.Interface, error) {
	events := make(chan watch.Event)
	out := watch.NewProxyWatcher(events)
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		select {
		case <-out.StopChan():
		case <-ctx.Done():
		}
	}()
	go func() {
		defer close(events)
		defer stop()
		n.poll(ctx, n.last, events)
	}()
	return out, nil
}

// poll sends what changes, until ctx ends. While the API server does not answer, nothing has changed.
func (n *NamespacePoller) poll(ctx context.Context, seen map[string]*corev1.Namespace, events chan<- watch.Event) {
	tick := time.NewTicker(n.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := n.look(ctx)
		if err != nil {
			continue
		}
		for _, e := range changesOf(seen, now) {
			select {
			case <-ctx.Done():
				return
			case events <- e:
			}
		}
		seen = now
	}
}

// changesOf are the events that lead from one state to another.
func changesOf(before, now map[string]*corev1.Namespace) []watch.Event {
	var out []watch.Event
	for _, name := range slices.Sorted(maps.Keys(now)) {
		switch old := before[name]; {
		case old == nil:
			out = append(out, watch.Event{Type: watch.Added, Object: now[name]})
		case old.UID != now[name].UID || old.ResourceVersion != now[name].ResourceVersion:
			out = append(out, watch.Event{Type: watch.Modified, Object: now[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if now[name] == nil {
			out = append(out, watch.Event{Type: watch.Deleted, Object: before[name]})
		}
	}
	return out
}
