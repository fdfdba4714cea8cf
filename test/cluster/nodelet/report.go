package nodelet

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/util/pod"
)

// apiTimeout bounds every request to the apiserver that a pod waits for.
const apiTimeout = 10 * time.Second

// writeStatus tells the apiserver what became of the pod, if it does not know. A failed write is made good by the next sync.
func (w *worker) writeStatus() {
	o := observed{Now: time.Now(), Ending: w.ending, Trouble: w.trouble, Containers: w.containers, Progress: w.progress()}
	if w.sandbox != nil {
		o.IP = w.sandbox.ip
	}
	basis := w.pod.DeepCopy()
	if w.written != nil { // the watch may not have brought it back yet
		basis.Status = *w.written
	}
	status := podStatus(basis, o)
	if equality.Semantic.DeepEqual(basis.Status, status) {
		return
	}
	ctx, cancel := context.WithTimeout(w.node.ctx, apiTimeout)
	defer cancel()
	_, _, _, err := podutil.PatchPodStatus(ctx, w.node.client, w.pod.Namespace, w.pod.Name, w.uid, basis.Status, status)
	switch {
	case err == nil:
		w.written = &status
	case !apierrors.IsNotFound(err) && !w.ending:
		w.node.logf("writing the status of pod %s/%s: %v", w.pod.Namespace, w.pod.Name, err)
		w.schedule.ask(time.Now().Add(w.node.options.Rhythm.Relist))
	}
}

// deleteObject lets the apiserver forget a pod that has ended on the node.
func (w *worker) deleteObject() {
	if w.pod.DeletionTimestamp == nil {
		return
	}
	ctx, cancel := context.WithTimeout(w.node.ctx, apiTimeout)
	defer cancel()
	now := int64(0)
	err := w.node.client.CoreV1().Pods(w.pod.Namespace).Delete(ctx, w.pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(w.uid))})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		w.node.logf("deleting pod %s/%s: %v", w.pod.Namespace, w.pod.Name, err)
	}
}

func (w *worker) event(kind, reason, message string) {
	w.node.recorder.Event(w.pod, kind, reason, message)
	w.node.logf("pod %s/%s: %s: %s", w.pod.Namespace, w.pod.Name, reason, message)
}

// containerSpec finds a container of either kind.
func containerSpec(pod *corev1.Pod, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
