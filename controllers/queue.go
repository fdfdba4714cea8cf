package controllers

import (
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/promloop/promloop/internal/delivery"
)

// conflictPause is how long to wait when somebody else wrote first: long enough for the cache to show what they wrote.
const conflictPause = 50 * time.Millisecond

// readAgain is how long to wait before a Secret or ConfigMap is read again that could not be read.
const readAgain = 5 * time.Second

// deletionPause is how long to wait before an object is written that is still being deleted. Its end is an event of its own.
const deletionPause = 5 * time.Second

// toQueue is the only place where errors become a queue decision. A conflict means that the World was a moment old: look again
// soon. What is being deleted is waited for. Everything else is a fault, whose retry the queue's back-off paces.
func toQueue(after time.Duration, errs []error) (ctrl.Result, error) {
	var faults []error
	for _, err := range errs {
		switch {
		case apierrors.IsConflict(err):
			after = delivery.Sooner(after, conflictPause)
		case errors.Is(err, errBeingDeleted):
			after = delivery.Sooner(after, deletionPause)
		default:
			faults = append(faults, err)
		}
	}
	if fault := errors.Join(faults...); fault != nil {
		return ctrl.Result{}, fault
	}
	return ctrl.Result{RequeueAfter: after}, nil
}
