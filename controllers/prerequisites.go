package controllers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	why, err := forbidden(ctx, c, mapping.Resource, namespaces)
	if why != "" {
		why = "the operator may not " + why + ": grant it and restart the operator"
	}
	return why, err
}

// forbidden is the first that the operator may not do of listing and watching a resource in namespaces, none for the whole cluster,
// as "list secrets in namespace a"; "" if it may do all.
func forbidden(ctx context.Context, c client.Client, resource schema.GroupVersionResource, namespaces []string) (string, error) {
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, namespace := range namespaces {
		for _, verb := range []string{"list", "watch"} {
			review := &authorizationv1.SelfSubjectAccessReview{}
			review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: verb, Group: resource.Group, Version: resource.Version, Resource: resource.Resource,
			}
			if err := c.Create(ctx, review); err != nil {
				return "", err
			}
			if !review.Status.Allowed {
				return strings.TrimSuffix(fmt.Sprintf("%s %s in namespace %s", verb, resource.Resource, namespace), " in namespace "), nil
			}
		}
	}
	return "", nil
}

// Rights are what the operator may watch beside the kinds of monitoring.coreos.com.
type Rights struct {
	// Namespaces reports whether it may list and watch the namespaces of the cluster.
	Namespaces bool
	// Lacking says what it can't work without, as "list secrets in namespace a".
	Lacking []string
}

// RightsIn asks for the rights in the namespaces that the operator watches, none for all. Where it watches all of them, it has to see
// them too.
func RightsIn(ctx context.Context, c client.Client, namespaces []string) (Rights, error) {
	var out Rights
	why, err := forbidden(ctx, c, corev1.SchemeGroupVersion.WithResource("namespaces"), nil)
	if err != nil {
		return out, fmt.Errorf("asking whether namespaces can be watched: %w", err)
	}
	if out.Namespaces = why == ""; why != "" && len(namespaces) == 0 {
		out.Lacking = append(out.Lacking, why)
	}
	for _, resource := range []schema.GroupVersionResource{
		corev1.SchemeGroupVersion.WithResource("secrets"), corev1.SchemeGroupVersion.WithResource("configmaps"),
		corev1.SchemeGroupVersion.WithResource("services"), corev1.SchemeGroupVersion.WithResource("pods"),
		appsv1.SchemeGroupVersion.WithResource("statefulsets"),
	} {
		why, err := forbidden(ctx, c, resource, namespaces)
		if err != nil {
			return out, fmt.Errorf("asking whether %s can be watched: %w", resource.Resource, err)
		}
		if why != "" {
			out.Lacking = append(out.Lacking, why)
		}
	}
	return out, nil
}
