package workload

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

func TestGrow(t *testing.T) {
	claim := func(name, size, class string) *corev1.PersistentVolumeClaim {
		c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}}
		c.Spec.StorageClassName = &class
		c.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
		return c
	}
	cases := map[string]struct {
		reason string
		claim  *corev1.PersistentVolumeClaim
		grown  string // the new request, "" when the claim is not written
		stuck  string // part of the sentence, "" when there is none
	}{
		"Smaller": {
			reason: "the storage class lets it grow in place",
			claim:  claim("prometheus-main-db-prometheus-main-0", "5Gi", "fast"), grown: "10Gi",
		},
		"OfASecondShard": {
			reason: "every shard has claims of its own",
			claim:  claim("prometheus-main-db-prometheus-main-shard-1-3", "5Gi", "fast"), grown: "10Gi",
		},
		"Same": {
			reason: "quantities are compared as such",
			claim:  claim("prometheus-main-db-prometheus-main-0", "10240Mi", "fast"),
		},
		"Larger": {
			reason: "no volume shrinks",
			claim:  claim("prometheus-main-db-prometheus-main-0", "20Gi", "fast"), stuck: "can't shrink",
		},
		"RigidClass": {
			reason: "the API server would refuse it without saying what to do",
			claim:  claim("prometheus-main-db-prometheus-main-0", "5Gi", "rigid"), stuck: `storage class "rigid"`,
		},
		"SomeoneElses": {
			reason: "only claims that a StatefulSet made are its",
			claim:  claim("prometheus-main-db-prometheus-main-x", "5Gi", "fast"),
		},
	}
	w := newWorld(spec(func(s *v1.PrometheusSpec) {
		s.Shards, s.Storage = new(int32(2)), &v1.StorageSpec{}
		s.Storage.VolumeClaimTemplate.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")}
	}))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := tc.claim.DeepCopy()
			growth := Grow(For(w).StatefulSets, []*corev1.PersistentVolumeClaim{tc.claim}, func(class string) bool { return class == "fast" })
			got := ""
			for _, c := range growth.Claims {
				got = c.Spec.Resources.Requests.Storage().String()
			}
			if got != tc.grown {
				t.Errorf("%s: the claim is written with %q, want %q", tc.reason, got, tc.grown)
			}
			if said := strings.Join(growth.Stuck, "\n"); (said == "") != (tc.stuck == "") || !strings.Contains(said, tc.stuck) {
				t.Errorf("%s: said %q, want %q in it", tc.reason, said, tc.stuck)
			}
			if !before.Spec.Resources.Requests.Storage().Equal(*tc.claim.Spec.Resources.Requests.Storage()) {
				t.Error("the claim of the cache changed")
			}
		})
	}
}
