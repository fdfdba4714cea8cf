package controllers

import (
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
)

// conflictPause is how long to wait when somebody else wrote first: long enough for the cache to show what they wrote.
const conflictPause = 50 * time.Millisecond

// readAgain is how long to wait before a Secret or ConfigMap is read again that could not be read.
const readAgain = 5 * time.Second

// toQueue is the only place where errors become a queue decision. A conflict means that the World was a moment old: look again
// soon. Everything else is a fault, whose retry the queue's back-off paces.
func toQueue(after time.Duration, errs []error) (ctrl.Result, error) {
	var faults []error
	for _, err := range errs {
		if apierrors.IsConflict(err) {
			after = sooner(after, conflictPause)
			continue
		}
		faults = append(faults, err)
	}
	if fault := errors.Join(faults...); fault != nil {
		return ctrl.Result{}, fault
	}
	return ctrl.Result{RequeueAfter: after}, nil
}

func sooner(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
