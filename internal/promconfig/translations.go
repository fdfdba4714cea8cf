package promconfig

import (
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// translation writes the values of one type of the API as those of another type.
type translation struct {
	to reflect.Type
	do func(*scope, reflect.Value) reflect.Value
}

func translate[From, To any](do func(*scope, From) To) translation {
	return translation{to: reflect.TypeFor[To](), do: func(s *scope, v reflect.Value) reflect.Value {
		return reflect.ValueOf(do(s, v.Interface().(From)))
	}}
}

func (t translation) shape(e *encoder) *shape {
	to := e.shapeOf(t.to)
	s := &shape{
		value: func(e *encoder, v reflect.Value, indent int) { to.value(e, t.do(e.scope, v), indent) },
		empty: reflect.Value.IsZero,
	}
	if to.scalar != nil {
		s.scalar = func(e *encoder, v reflect.Value) { to.scalar(e, t.do(e.scope, v)) }
	}
	return s
}

// translations are the types of the API that do not stand in the configuration as they are.
var translations = map[reflect.Type]translation{
	reflect.TypeFor[corev1.SecretKeySelector]():       translate((*scope).secretKey),
	reflect.TypeFor[v1.SecretOrConfigMap]():           translate((*scope).secretOrConfigMap),
	reflect.TypeFor[v1.SafeTLSConfig]():               translate((*scope).safeTLS),
	reflect.TypeFor[v1.TLSConfig]():                   translate((*scope).tls),
	reflect.TypeFor[v1.SafeAuthorization]():           translate((*scope).safeAuthorization),
	reflect.TypeFor[v1.Authorization]():               translate((*scope).authorization),
	reflect.TypeFor[v1.RelabelConfig]():               translate(func(_ *scope, rc v1.RelabelConfig) relabeling { return relabelingOf(rc) }),
	reflect.TypeFor[resource.Quantity]():              translate(func(_ *scope, q resource.Quantity) float64 { return q.AsApproximateFloat64() }),
	reflect.TypeFor[intstr.IntOrString]():             translate(func(_ *scope, v intstr.IntOrString) float64 { n, _ := quantity(v); return n }),
	reflect.TypeFor[v1alpha1.Filters]():               translate(sortedFilters),
	reflect.TypeFor[v1.Scheme]():                      translate(lowerCase[v1.Scheme]),
	reflect.TypeFor[v1.AlertmanagerAPIVersion]():      translate(lowerCase[v1.AlertmanagerAPIVersion]),
	reflect.TypeFor[v1.ChunkEncodingFloats]():         translate(lowerCase[v1.ChunkEncodingFloats]),
	reflect.TypeFor[v1.NameValidationSchemeOptions](): translate(lowerCase[v1.NameValidationSchemeOptions]),
	reflect.TypeFor[v1alpha1.KubernetesRole]():        translate(lowerCase[v1alpha1.KubernetesRole]),
	reflect.TypeFor[v1alpha1.OpenStackRole]():         translate(lowerCase[v1alpha1.OpenStackRole]),
	reflect.TypeFor[v1alpha1.OpenStackAvailability](): translate(lowerCase[v1alpha1.OpenStackAvailability]),
	reflect.TypeFor[v1alpha1.HetznerRole]():           translate(lowerCase[v1alpha1.HetznerRole]),
	reflect.TypeFor[v1alpha1.DockerSwarmRole]():       translate(lowerCase[v1alpha1.DockerSwarmRole]),
	reflect.TypeFor[v1alpha1.ScalewayRole]():          translate(lowerCase[v1alpha1.ScalewayRole]),
	reflect.TypeFor[v1.NameEscapingSchemeOptions]():   translate(spelled(escapings)),
	reflect.TypeFor[v1.RemoteWriteMessageVersion](): translate(spelled(map[v1.RemoteWriteMessageVersion]string{
		v1.RemoteWriteMessageVersion1_0: "prometheus.WriteRequest", v1.RemoteWriteMessageVersion2_0: "io.prometheus.write.v2.Request",
	})),
	reflect.TypeFor[v1alpha1.OVHService](): translate(spelled(map[v1alpha1.OVHService]string{
		v1alpha1.OVHServiceVPS: "vps", v1alpha1.OVHServiceDedicatedServer: "dedicated_server",
	})),
}

func lowerCase[T ~string](_ *scope, value T) string { return strings.ToLower(string(value)) }

func spelled[T ~string](spelling map[T]string) func(*scope, T) string {
	return func(_ *scope, value T) string { return spelling[value] }
}

func sortedFilters(_ *scope, filters v1alpha1.Filters) []v1alpha1.Filter {
	return slices.SortedStableFunc(slices.Values(filters), func(a, b v1alpha1.Filter) int { return strings.Compare(a.Name, b.Name) })
}
