package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// inputHash is the annotation that tells whether a workload was last written from the same input, since what the API server
// defaults and what a user removed can't be told apart by comparing.
const inputHash = "promloop.dev/input-hash"

type identity struct {
	kind reflect.Type
	name types.NamespacedName
}

func identify(o workload.Object) identity {
	return identity{kind: reflect.TypeOf(o), name: types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}}
}

// present lists all owned objects by kind and name.
func present(owned world.Owned) map[identity]workload.Object {
	out := map[identity]workload.Object{}
	add := func(o workload.Object) { out[identify(o)] = o }
	for _, s := range []*corev1.Secret{owned.ConfigSecret, owned.ConfigManifest} {
		if s != nil {
			add(s)
		}
	}
	for _, s := range owned.Secrets {
		add(s)
	}
	for _, cm := range owned.RuleShards {
		add(cm)
	}
	if owned.RulesManifest != nil {
		add(owned.RulesManifest)
	}
	for _, sts := range owned.StatefulSets {
		add(sts)
	}
	for _, svc := range owned.Services {
		add(svc)
	}
	return out
}

// differing keeps the desired objects that are missing or differ, with the resourceVersion they were compared with.
func differing(owned world.Owned, desired []workload.Object) []workload.Object {
	there := present(owned)
	var out []workload.Object
	for _, want := range desired {
		stamp(want)
		have := there[identify(want)]
		if have == nil {
			out = append(out, want)
			continue
		}
		if !same(have, want) {
			want.SetResourceVersion(have.GetResourceVersion())
			out = append(out, want)
		}
	}
	return out
}

// surplus lists what is there, belongs to this Prometheus alone, and is neither desired nor to be kept as it is.
func surplus(w *world.World, desired []workload.Object, kept []workload.Object) []workload.Object {
	wanted := map[identity]bool{}
	for _, o := range desired {
		wanted[identify(o)] = true
	}
	for _, o := range kept {
		wanted[identify(o)] = true
	}
	if w.Unmanaged() && w.Owned.ConfigSecret != nil {
		wanted[identify(w.Owned.ConfigSecret)] = true
	}
	var out []workload.Object
	for id, o := range present(w.Owned) {
		if !wanted[id] && metav1.IsControlledBy(o, w.Prometheus) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b workload.Object) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return out
}

func sortKey(o workload.Object) string {
	return reflect.TypeOf(o).String() + "/" + o.GetNamespace() + "/" + o.GetName()
}

// stamp notes on workloads the input they are written from.
func stamp(o workload.Object) {
	switch o.(type) {
	case *appsv1.StatefulSet, *corev1.Service:
		data, err := json.Marshal(o)
		if err != nil {
			panic(err) // typed Kubernetes objects always encode
		}
		digest := sha256.Sum256(data)
		o.SetAnnotations(withEntry(maps.Clone(o.GetAnnotations()), inputHash, hex.EncodeToString(digest[:8])))
	}
}

// same reports whether have already is what want says. What others added, labels and defaults, does not count.
func same(have, want workload.Object) bool {
	if !covers(have.GetLabels(), want.GetLabels()) || !covers(have.GetAnnotations(), want.GetAnnotations()) ||
		!ownedLike(have, want) {
		return false
	}
	switch want := want.(type) {
	case *corev1.Secret:
		have := have.(*corev1.Secret)
		return maps.EqualFunc(have.Data, want.Data, bytes.Equal)
	case *corev1.ConfigMap:
		have := have.(*corev1.ConfigMap)
		return maps.Equal(have.Data, want.Data) && len(have.BinaryData) == 0
	case *appsv1.StatefulSet:
		return within(fields(&want.Spec), fields(&have.(*appsv1.StatefulSet).Spec))
	case *corev1.Service:
		return within(fields(&want.Spec), fields(&have.(*corev1.Service).Spec))
	}
	return false
}

// fields is a typed value as the API server sees it: without what is left out.
func fields(spec any) map[string]any {
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(spec)
	if err != nil {
		panic(err) // typed Kubernetes objects always convert
	}
	return out
}

// within reports whether have says all that want says. What the API server defaulted is in have alone.
func within(want, have any) bool {
	switch want := want.(type) {
	case map[string]any:
		have, ok := have.(map[string]any)
		for key, value := range want {
			ok = ok && (within(value, have[key]) || have[key] == nil && empty(value))
		}
		return ok
	case []any:
		have, ok := have.([]any)
		ok = ok && len(want) == len(have)
		for i := range want {
			ok = ok && within(want[i], have[i])
		}
		return ok
	}
	return reflect.DeepEqual(want, have)
}

// empty reports whether a value is one that the API server drops.
func empty(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return value == nil
}

func ownedLike(have, want workload.Object) bool {
	for _, ref := range want.GetOwnerReferences() {
		if !slices.ContainsFunc(have.GetOwnerReferences(), func(r metav1.OwnerReference) bool { return equality.Semantic.DeepEqual(r, ref) }) {
			return false
		}
	}
	return true
}

func covers(have, want map[string]string) bool {
	for key, value := range want {
		if have[key] != value {
			return false
		}
	}
	return true
}

func ownersOf(svc *corev1.Service, services []*corev1.Service) []metav1.OwnerReference {
	for _, s := range services {
		if s.Name == svc.Name && s.Namespace == svc.Namespace {
			return s.OwnerReferences
		}
	}
	return nil
}
