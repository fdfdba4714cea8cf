package promconfig

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// checks are asked of every value of a type, wherever it stands; leaves are asked instead of looking into the value.
var checks, leaves map[reflect.Type]visitor

func init() { // in init, since visitors look into these and these use visitors
	checks = map[reflect.Type]visitor{
		reflect.TypeFor[v1.Duration]():               asking(func(in *inspector, d *v1.Duration) { in.duration(string(*d)) }),
		reflect.TypeFor[v1.NonEmptyDuration]():       asking(func(in *inspector, d *v1.NonEmptyDuration) { in.duration(string(*d)) }),
		reflect.TypeFor[v1.ByteSize]():               asking((*inspector).size),
		reflect.TypeFor[v1.URL]():                    asking(func(in *inspector, u *v1.URL) { in.url(string(*u)) }),
		reflect.TypeFor[v1alpha1.URL]():              asking(func(in *inspector, u *v1alpha1.URL) { in.url(string(*u)) }),
		reflect.TypeFor[metav1.LabelSelector]():      asking((*inspector).selector),
		reflect.TypeFor[v1.SecretOrConfigMap]():      asking((*inspector).secretOrConfigMap),
		reflect.TypeFor[v1.NativeHistogramConfig]():  asking((*inspector).nativeHistograms),
		reflect.TypeFor[v1.SafeTLSConfig]():          asking((*inspector).tls),
		reflect.TypeFor[*v1.SafeTLSConfig]():         asking((*inspector).safeTLS),
		reflect.TypeFor[v1.TLSConfig]():              asking((*inspector).tlsFiles),
		reflect.TypeFor[v1.SafeAuthorization]():      asking((*inspector).safeAuthorization),
		reflect.TypeFor[v1.Authorization]():          asking((*inspector).authorization),
		reflect.TypeFor[v1.ProxyConfig]():            asking((*inspector).proxy),
		reflect.TypeFor[v1.Sigv4]():                  asking((*inspector).sigv4),
		reflect.TypeFor[v1.AzureAD]():                asking((*inspector).azureAD),
		reflect.TypeFor[v1.AzureOAuth]():             asking((*inspector).azureOAuth),
		reflect.TypeFor[v1.ManagedIdentity]():        asking((*inspector).managedIdentity),
		reflect.TypeFor[v1.AzureWorkloadIdentity]():  asking((*inspector).workloadIdentity),
		reflect.TypeFor[v1.OAuth2]():                 asking((*inspector).oauth2),
		reflect.TypeFor[v1.QueueConfig]():            asking((*inspector).queue),
		reflect.TypeFor[v1alpha1.OVHCloudSDConfig](): asking((*inspector).ovhCloud),
	}
	for t, names := range neededFields {
		checks[t] = both(needing(t, names), checks[t])
	}
	leaves = map[reflect.Type]visitor{
		reflect.TypeFor[[]v1.RelabelConfig]():          asking((*inspector).relabelings),
		reflect.TypeFor[corev1.SecretKeySelector]():    asking((*inspector).secretKey),
		reflect.TypeFor[corev1.ConfigMapKeySelector](): asking((*inspector).configMapKey),
		reflect.TypeFor[*corev1.SecretKeySelector]():   asking((*inspector).optionalSecretKey),
		reflect.TypeFor[resource.Quantity]():           nil,
		reflect.TypeFor[metav1.Time]():                 nil,
	}
}

// asking makes a visitor of a check, without copying values that stand in an object.
func asking[T any](check func(*inspector, *T)) visitor {
	return func(in *inspector, v reflect.Value) {
		if v.CanAddr() {
			check(in, v.Addr().Interface().(*T))
			return
		}
		value := v.Interface().(T)
		check(in, &value)
	}
}

func both(a, b visitor) visitor {
	if b == nil {
		return a
	}
	return func(in *inspector, v reflect.Value) {
		a(in, v)
		b(in, v)
	}
}
