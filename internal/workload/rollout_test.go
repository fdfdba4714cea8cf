package workload

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

func TestShardsRollOneAtATime(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*world.World)
		want   []string // written; the other shards are kept
	}{
		"Unchanged": {
			reason: "nothing rolls, so everything may be written",
			change: func(*world.World) {},
			want:   []string{"prometheus-main", "prometheus-main-shard-1", "prometheus-main-shard-2"},
		},
		"NewImage": {
			reason: "a template that breaks Prometheus breaks one shard",
			change: spec(func(s *v1.PrometheusSpec) { s.Image = new("broken") }),
			want:   []string{"prometheus-main"},
		},
		"NewReplicas": {
			reason: "the template is the same",
			change: spec(func(s *v1.PrometheusSpec) { s.Replicas = new(int32(5)) }),
			want:   []string{"prometheus-main", "prometheus-main-shard-1", "prometheus-main-shard-2"},
		},
		"FirstDone": {
			reason: "the second is next",
			change: func(w *world.World) {
				w.Owned.StatefulSets[1].Annotations[templateAnnotation] = "older"
				w.Owned.StatefulSets[2].Annotations[templateAnnotation] = "older"
			},
			want: []string{"prometheus-main", "prometheus-main-shard-1"},
		},
		"FirstRolls": {
			reason: "the template is written, its pods are not there yet",
			change: func(w *world.World) {
				w.Owned.StatefulSets[0].Status.AvailableReplicas = 1
				w.Owned.StatefulSets[1].Annotations[templateAnnotation] = "older"
			},
			want: []string{"prometheus-main", "prometheus-main-shard-2"},
		},
		"StatusIsOld": {
			reason: "the counts are those of the generation before",
			change: func(w *world.World) {
				w.Owned.StatefulSets[0].Generation = 2
				w.Owned.StatefulSets[1].Annotations[templateAnnotation] = "older"
			},
			want: []string{"prometheus-main", "prometheus-main-shard-2"},
		},
		"OnDelete": {
			reason: "the user sets the pace, and nothing tells when a shard is done",
			change: spec(func(s *v1.PrometheusSpec) {
				s.Image = new("other")
				s.UpdateStrategy = &v1.StatefulSetUpdateStrategy{Type: v1.OnDeleteStatefulSetStrategyType}
			}),
			want: []string{"prometheus-main", "prometheus-main-shard-1", "prometheus-main-shard-2"},
		},
		"NewShard": {
			reason: "a shard that does not run yet has nothing to lose",
			change: func(w *world.World) {
				w.Owned.StatefulSets = w.Owned.StatefulSets[:2]
				w.Owned.StatefulSets[0].Status.AvailableReplicas = 0
			},
			want: []string{"prometheus-main", "prometheus-main-shard-1", "prometheus-main-shard-2"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := stand(newWorld(spec(func(s *v1.PrometheusSpec) { s.Shards = new(int32(3)) })))
			tc.change(w)
			objects := For(w)
			if diff := cmp.Diff(tc.want, names(objects.StatefulSets)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if len(objects.StatefulSets)+len(objects.Kept) != 3 {
				t.Errorf("%d shards are written and %d kept, want 3 in all", len(objects.StatefulSets), len(objects.Kept))
			}
		})
	}
}

func TestOrphans(t *testing.T) {
	size := func(text string) func(*v1.PrometheusSpec) {
		return func(s *v1.PrometheusSpec) {
			s.Storage = &v1.StorageSpec{}
			s.Storage.VolumeClaimTemplate.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(text)}
		}
	}
	cases := map[string]struct {
		reason string
		change func(*world.World)
		want   bool
	}{
		"Same": {reason: "nothing changed", change: func(*world.World) {}},
		"Defaults": {
			reason: "what the API server fills in is no change",
			change: func(w *world.World) {
				claim := &w.Owned.StatefulSets[0].Spec.VolumeClaimTemplates[0]
				claim.Kind, claim.APIVersion = "PersistentVolumeClaim", "v1"
				claim.Spec.VolumeMode = new(corev1.PersistentVolumeFilesystem)
				claim.Status.Phase = corev1.ClaimPending
			},
		},
		"SameSizeWrittenOtherwise": {reason: "quantities are compared as such", change: spec(size("1024Mi"))},
		"Larger":                   {reason: "claim templates can't be changed", change: spec(size("2Gi")), want: true},
		"NoClaim":                  {reason: "nor taken away", change: spec(func(s *v1.PrometheusSpec) { s.Storage = nil }), want: true},
		"ServiceName":              {reason: "the governing Service can't be changed", change: spec(func(s *v1.PrometheusSpec) { s.ServiceName = new("own") }), want: true},
		"PodManagement": {
			reason: "the pod management policy can't be changed",
			change: spec(func(s *v1.PrometheusSpec) { s.PodManagementPolicy = new(v1.OrderedReadyPodManagement) }),
			want:   true,
		},
		"Image": {reason: "the template can", change: spec(func(s *v1.PrometheusSpec) { s.Image = new("other") })},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := stand(newWorld(spec(size("1Gi"))))
			tc.change(w)
			if got := len(For(w).Orphans) == 1; got != tc.want {
				t.Errorf("%s: orphaned is %v, want %v", tc.reason, got, tc.want)
			}
		})
	}
}

func TestCapacityNeverShrinks(t *testing.T) {
	w := stand(newWorld(func(w *world.World) { w.Options.RuleShards, w.Options.ConfigParts, w.Options.AssetShards = 5, 4, 3 }))
	want := For(w).StatefulSets
	w.Options.RuleShards, w.Options.ConfigParts, w.Options.AssetShards = 1, 1, 1
	if diff := cmp.Diff(want, For(w).StatefulSets); diff != "" {
		t.Errorf("a smaller option must not restart pods (-want +got):\n%s", diff)
	}
	if got := []int{RuleShards(w), ConfigParts(w), AssetShards(w)}; !slices.Equal(got, []int{5, 4, 3}) {
		t.Errorf("the pods mount 5, 4 and 3, counted %v", got)
	}
}

func TestAdoptionHasRoomForAllThatWasThere(t *testing.T) {
	w := newWorld()
	w.Owned.RuleShards = []*corev1.ConfigMap{{}, {}}
	w.Owned.RuleShards[0].Name, w.Owned.RuleShards[1].Name = "prometheus-main-rulefiles-0", "prometheus-main-rulefiles-20"
	w.Owned.Secrets = []*corev1.Secret{{}, {}}
	w.Owned.Secrets[0].Name, w.Owned.Secrets[1].Name = "prometheus-main-tls-assets-6", "prometheus-main-tls-assets-x"
	if got := []int{RuleShards(w), AssetShards(w)}; !slices.Equal(got, []int{21, 7}) {
		t.Errorf("the last rule shard is 20 and the last asset shard 6; room for %v", got)
	}
}

func TestReloaderMemory(t *testing.T) {
	limits := func(w *world.World) map[string]string {
		out := map[string]string{}
		pod := For(w).StatefulSets[0].Spec.Template.Spec
		for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
			out[c.Name] = c.Resources.Limits.Memory().String()
		}
		return out
	}
	published := func(bytes int) func(*world.World) {
		return func(w *world.World) {
			w.Owned.ConfigSecret = &corev1.Secret{Data: map[string][]byte{"prometheus.yaml.gz": make([]byte, bytes)}}
			w.Owned.ConfigSecret.Name = "prometheus-main"
		}
	}
	w := newWorld(func(w *world.World) { w.Options.RuleShards = 16 })
	if got := limits(w); got["config-reloader"] != "50Mi" || got["rules-reloader"] != "88Mi" {
		t.Errorf("a small configuration needs the floor, 16 shards of rules need 24Mi + 4 x 16Mi: %v", got)
	}
	published(1 << 20)(w)
	if got := limits(w); got["config-reloader"] != "128Mi" || got["init-config-reloader"] != "216Mi" {
		t.Errorf("1 MiB compressed is taken for 32 MiB, of which there are two; init holds the rules too: %v", got)
	}
	for unpacked, want := range map[string]string{"13000000": "50Mi", "14000000": "64Mi", "16000000": "64Mi", "44000000": "128Mi", "x": "50Mi"} {
		published(100 << 10)(w)
		w.Owned.ConfigSecret.Annotations = map[string]string{world.UnpackedAnnotation: unpacked}
		if got := limits(w)["config-reloader"]; got != want {
			t.Errorf("100 KiB that unpack to %s bytes need %s, got %s", unpacked, want, got)
		}
	}
	published(1 << 20)(w)
	stand(w)
	published(10)(w)
	if got := limits(w); got["config-reloader"] != "128Mi" {
		t.Errorf("a configuration that shrinks is no reason to restart: %v", got)
	}
	w.Options.ReloaderResources.Requests[corev1.ResourceMemory] = resource.MustParse("64Mi")
	w.Options.ReloaderResources.Limits[corev1.ResourceMemory] = resource.MustParse("64Mi")
	if got := limits(w); got["config-reloader"] != "64Mi" {
		t.Errorf("a new floor starts anew: %v", got)
	}
	delete(w.Options.ReloaderResources.Limits, corev1.ResourceMemory)
	if got := limits(w); got["rules-reloader"] != "0" {
		t.Errorf("without a limit none is made up: %v", got)
	}
}

func TestStartupBudget(t *testing.T) {
	for seconds, want := range map[int32][2]int32{0: {15, 60}, 60: {60, 1}, 61: {31, 2}, 3600: {60, 60}} {
		if period, failures := startupBudget(seconds); [2]int32{period, failures} != want {
			t.Errorf("%d s are spread over %d probes every %d s, want %v", seconds, failures, period, want)
		}
	}
}
