package nodelet

import (
	"context"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
)

// lags is by how much the node's watches run late, each kind by itself. They can be changed while the watches run.
type lags struct {
	pods, secrets, configMaps atomic.Int64 // nanoseconds
}

// lateWatch passes the events of a watch on, each as much later as lag says when it arrives. The order stays.
type lateWatch struct {
	watch.Interface
	events chan watch.Event
}

type lateEvent struct {
	watch.Event
	due time.Time
}

func delay(w watch.Interface, err error, lag *atomic.Int64) (watch.Interface, error) {
	if err != nil {
		return nil, err
	}
	late := &lateWatch{Interface: w, events: make(chan watch.Event)}
	queue := make(chan lateEvent, 1024) // what may be under way; more than that waits in the connection
	go func() {
		defer close(queue)
		for event := range w.ResultChan() {
			queue <- lateEvent{event, time.Now().Add(time.Duration(lag.Load()))}
		}
	}()
	go late.pass(queue)
	return late, nil
}

func (l *lateWatch) ResultChan() <-chan watch.Event { return l.events }

// pass ends with the watch. A reader that takes nothing for a minute is gone.
func (l *lateWatch) pass(queue <-chan lateEvent) {
	defer close(l.events)
	abandoned := false
	for event := range queue {
		if abandoned {
			continue // let the queue run dry, so that its writer ends too
		}
		if d := time.Until(event.due); d > 0 {
			<-time.After(d)
		}
		select {
		case l.events <- event.Event:
		case <-time.After(time.Minute):
			abandoned = true
		}
	}
}

// lateClient is a client whose watches of Secrets and ConfigMaps are late.
type lateClient struct {
	kubernetes.Interface
	lags *lags
}

type lateCore struct {
	typedcorev1.CoreV1Interface
	lags *lags
}

type lateSecrets struct {
	typedcorev1.SecretInterface
	lag *atomic.Int64
}

type lateConfigMaps struct {
	typedcorev1.ConfigMapInterface
	lag *atomic.Int64
}

func (c lateClient) CoreV1() typedcorev1.CoreV1Interface {
	return lateCore{c.Interface.CoreV1(), c.lags}
}

func (c lateCore) Secrets(namespace string) typedcorev1.SecretInterface {
	return lateSecrets{c.CoreV1Interface.Secrets(namespace), &c.lags.secrets}
}

func (c lateCore) ConfigMaps(namespace string) typedcorev1.ConfigMapInterface {
	return lateConfigMaps{c.CoreV1Interface.ConfigMaps(namespace), &c.lags.configMaps}
}

func (s lateSecrets) Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	w, err := s.SecretInterface.Watch(ctx, o)
	return delay(w, err, s.lag)
}

func (c lateConfigMaps) Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	w, err := c.ConfigMapInterface.Watch(ctx, o)
	return delay(w, err, c.lag)
}

// watchPods calls changed for the pods bound to node ("" for those bound to none), and gone for those that no longer are.
func watchPods(ctx context.Context, client kubernetes.Interface, node string, lag *atomic.Int64, changed, gone func(*corev1.Pod)) {
	selector := fields.OneTermEqualSelector("spec.nodeName", node).String()
	pods := client.CoreV1().Pods(metav1.NamespaceAll)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = selector
			return pods.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = selector
			w, err := pods.Watch(ctx, o)
			return delay(w, err, lag)
		},
	}
	inform(ctx, client, source, changed, gone)
}

// watchClaims calls changed for every claim of the cluster.
func watchClaims(ctx context.Context, client kubernetes.Interface, changed func(*corev1.PersistentVolumeClaim)) {
	claims := client.CoreV1().PersistentVolumeClaims(metav1.NamespaceAll)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return claims.List(ctx, o) },
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return claims.Watch(ctx, o)
		},
	}
	inform(ctx, client, source, changed, func(*corev1.PersistentVolumeClaim) {})
}

// inform runs an informer until ctx ends.
func inform[T any, P interface {
	*T
	runtime.Object
}](ctx context.Context, client kubernetes.Interface, source *cache.ListWatch, changed, gone func(P)) {
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.ToListWatcherWithWatchListSemantics(source, client),
		ObjectType:    P(new(T)),
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { changed(object.(P)) },
			UpdateFunc: func(_, object any) { changed(object.(P)) },
			DeleteFunc: func(object any) {
				if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
					object = last.Obj
				}
				gone(object.(P))
			},
		},
	})
	go informer.RunWithContext(ctx)
}
