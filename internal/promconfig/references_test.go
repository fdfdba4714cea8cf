package promconfig_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

func TestReferences(t *testing.T) {
	key := func(name, key string) *corev1.SecretKeySelector {
		return &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key}
	}
	meta := metav1.ObjectMeta{Namespace: "web", Name: "o"}
	token := v1.SafeAuthorization{Credentials: key("api", "token")}
	steps := []v1.RelabelConfig{{TargetLabel: "team", Replacement: new("a")}, {Regex: "(", Action: "labeldrop"}}
	withToken := []world.Reference{{Source: world.FromSecret, Namespace: "web", Name: "api", Key: "token"}}

	monitor := &v1.ServiceMonitor{ObjectMeta: meta}
	monitor.Spec.Endpoints = make([]v1.Endpoint, 2)
	for i := range monitor.Spec.Endpoints {
		monitor.Spec.Endpoints[i].RelabelConfigs = steps
		monitor.Spec.Endpoints[i].Authorization = &token
	}
	prometheus := &v1.Prometheus{ObjectMeta: meta}
	prometheus.Spec.ScrapeClasses = []v1.ScrapeClass{{
		Name: "a", Relabelings: steps, Authorization: &v1.Authorization{SafeAuthorization: token},
	}}
	impossible := &v1.PodMonitor{ObjectMeta: meta}
	impossible.Spec.PodMetricsEndpoints = make([]v1.PodMetricsEndpoint, 1)
	impossible.Spec.PodMetricsEndpoints[0].Authorization = &v1.SafeAuthorization{Credentials: key("../other/api", "token")}

	cases := map[string]struct {
		reason string
		object any
		want   []world.Reference
	}{
		"BesideWrongFields": {
			reason: "what else is wrong with an object does not hide what it refers to; each value is listed once",
			object: monitor, want: withToken,
		},
		"OfScrapeClasses": {
			reason: "classes belong to the Prometheus, and so do the Secrets they name",
			object: prometheus, want: withToken,
		},
		"ImpossibleName": {
			reason: "a name that no Secret can have reaches no other namespace and is not worth a read",
			object: impossible,
		},
		"Rules": {reason: "rules refer to nothing", object: &v1.PrometheusRule{ObjectMeta: meta}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, promconfig.References(tc.object)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
