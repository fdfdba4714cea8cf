package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Missing says of each kind that the operator can't work with why not: the API server does not know it, or does not let the operator
// list and watch it. The operator starts without such a kind and works for the others. namespaces are those that it watches, none
// for all.
func Missing(ctx context.Context, c client.Client, namespaces []string) (map[world.Kind]string, error) {
	kinds := selectableKinds()
	kinds[world.Prometheus] = &v1.Prometheus{}
	missing := map[world.Kind]string{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		why, err := obstacle(ctx, c, kinds[kind], namespaces)
		if err != nil {
			return nil, fmt.Errorf("asking whether %s can be watched: %w", kind, err)
		}
		if why != "" {
			missing[kind] = why
		}
	}
	return missing, nil
}

// obstacle is what is in the way of watching a kind, "" if nothing is.
func obstacle(ctx context.Context, c client.Client, object client.Object, namespaces []string) (string, error) {
	kind, err := apiutil.GVKForObject(object, c.Scheme())
	if err != nil {
		return "", err
	}
	mapping, err := c.RESTMapper().RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		return fmt.Sprintf("the API server does not know %s %s: install its CRD and restart the operator", kind.GroupVersion(), kind.Kind), nil
	}
	if err != nil {
		return "", err
	}
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, namespace := range namespaces {
		for _, verb := range []string{"list", "watch"} {
			review := &authorizationv1.SelfSubjectAccessReview{}
			review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: verb, Group: kind.Group, Version: kind.Version, Resource: mapping.Resource.Resource,
			}
			if err := c.Create(ctx, review); err != nil {
				return "", err
			}
			if !review.Status.Allowed {
				return fmt.Sprintf("the operator may not %s %s: grant it and restart the operator", verb, mapping.Resource.Resource), nil
			}
		}
	}
	return "", nil
}
