package workload

import (
	"maps"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// An autoscaler finds the pods that it measures by one selector, so it has to fit those of every shard, and of no other Prometheus.
func TestSelectorFitsThePodsOfEveryShard(t *testing.T) {
	t.Parallel()
	twoShards := spec(func(s *v1.PrometheusSpec) { s.Shards = new(int32(2)) })
	standing := func(selector map[string]string) func(*world.World) {
		return func(w *world.World) {
			sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: world.StatefulSetName("main", 0)}}
			sts.Spec.Selector = &metav1.LabelSelector{MatchLabels: selector}
			w.Owned.StatefulSets = append(w.Owned.StatefulSets, sts)
		}
	}
	today := "app.kubernetes.io/instance=main,app.kubernetes.io/managed-by=prometheus-operator,app.kubernetes.io/name=prometheus," +
		"operator.prometheus.io/name=main,prometheus=main"
	cases := map[string]struct {
		reason string
		world  *world.World
		want   string
	}{
		"New":      {"it does not wait for the StatefulSets", newWorld(), today},
		"Shards":   {"no shard is singled out", newWorld(twoShards), today},
		"Adopted":  {"pods of v0.40 have no other labels", newWorld(standing(map[string]string{"app": "prometheus", "prometheus": "main"})), "app=prometheus,prometheus=main"},
		"Numbered": {"the selector of a later upstream has the shard in it", newWorld(standing(map[string]string{"prometheus": "main", shardLabel: "0"})), "prometheus=main"},
		"Mixed":    {"a shard that is new beside one of v0.40 has today's", newWorld(twoShards, standing(map[string]string{"app": "prometheus", "prometheus": "main"})), "prometheus=main"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Selector(tc.world)
			if got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
			selector, err := labels.Parse(got)
			if err != nil {
				t.Fatal(err)
			}
			for _, sts := range For(tc.world).StatefulSets {
				pod := labels.Set(maps.Clone(sts.Spec.Template.Labels))
				if !selector.Matches(pod) {
					t.Errorf("%s: %s does not select the pods of %s, %s", tc.reason, got, sts.Name, pod)
				}
				pod["prometheus"] = "other"
				if selector.Matches(pod) {
					t.Errorf("%s: %s selects the pods of another Prometheus", tc.reason, got)
				}
			}
		})
	}
}
