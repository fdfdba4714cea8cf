package controllers

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// RepairPolicy says what to do with a pod that holds up a rollout for good.
type RepairPolicy string

// The values of --repair-policy-for-statefulsets. Evict and delete need a right on pods that the operator does not have otherwise.
const (
	RepairNone   RepairPolicy = "none"
	RepairEvict  RepairPolicy = "evict"
	RepairDelete RepairPolicy = "delete"
)

// repair removes the pods, each only if it is still the one that was seen.
func (r *PrometheusReconciler) repair(ctx context.Context, pods []*corev1.Pod) error {
	var errs []error
	for _, pod := range pods {
		same := &metav1.Preconditions{UID: &pod.UID, ResourceVersion: &pod.ResourceVersion}
		var err error
		switch r.Repair {
		case RepairEvict:
			eviction := &policyv1.Eviction{DeleteOptions: &metav1.DeleteOptions{Preconditions: same}}
			err = r.Client.SubResource("eviction").Create(ctx, pod, eviction)
		case RepairDelete:
			err = r.Client.Delete(ctx, pod, client.Preconditions{UID: same.UID, ResourceVersion: same.ResourceVersion})
		default:
			return nil
		}
		if client.IgnoreNotFound(err) != nil {
			errs = append(errs, fmt.Errorf("removing pod %s/%s, which holds up a rollout: %w", pod.Namespace, pod.Name, err))
		}
	}
	return errors.Join(errs...)
}
