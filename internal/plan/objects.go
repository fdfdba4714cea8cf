package plan

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

func secret(w *world.World, name string) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: w.ObjectMeta(name),
	}
}

func configMap(w *world.World, name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: w.ObjectMeta(name),
	}
}

func withEntry(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// ownedBy makes p the controller of o, so that deleting p deletes o.
func ownedBy(p *v1.Prometheus, o workload.Object) {
	ref := *metav1.NewControllerRef(p, v1.GroupVersion.WithKind(string(world.Prometheus)))
	o.SetOwnerReferences([]metav1.OwnerReference{ref})
}

// sharedBy adds p to the owners of o, which several Prometheuses share: o goes when the last of them goes.
func sharedBy(p *v1.Prometheus, o workload.Object, present []metav1.OwnerReference) {
	refs := []metav1.OwnerReference{{APIVersion: v1.GroupVersion.String(), Kind: string(world.Prometheus), Name: p.Name, UID: p.UID}}
	for _, ref := range present {
		if ref.UID != p.UID {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b metav1.OwnerReference) int { return strings.Compare(string(a.UID), string(b.UID)) })
	o.SetOwnerReferences(refs)
}
