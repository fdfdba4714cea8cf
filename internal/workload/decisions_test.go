package workload

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// stand puts what For makes of w into the cluster, rolled out.
func stand(w *world.World) *world.World {
	objects := For(w)
	w.Owned.StatefulSets, w.Owned.Services, w.Owned.Secrets = objects.StatefulSets, objects.Services, objects.Secrets
	for _, sts := range w.Owned.StatefulSets {
		sts.Status = appsv1.StatefulSetStatus{UpdatedReplicas: *sts.Spec.Replicas, AvailableReplicas: *sts.Spec.Replicas}
	}
	return w
}

func names(statefulSets []*appsv1.StatefulSet) []string {
	var out []string
	for _, sts := range statefulSets {
		out = append(out, sts.Name)
	}
	return out
}

func TestRefused(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1.PrometheusSpec)
		want   string
	}{
		"Version": {
			reason: "the flags hang on the version",
			change: func(s *v1.PrometheusSpec) { s.Version = "latest" },
			want:   "spec.version",
		},
		"ThanosVersion": {
			reason: "so do those of the sidecar",
			change: func(s *v1.PrometheusSpec) { s.Thanos = &v1.ThanosSpec{Version: new("main")} },
			want:   "spec.thanos.version",
		},
		"OwnArgument": {
			reason: "two values of one flag would fight",
			change: func(s *v1.PrometheusSpec) { s.AdditionalArgs = []v1.Argument{{Name: "config.file", Value: "/x"}} },
			want:   "spec.additionalArgs[0].name",
		},
		"NegatedArgument": {
			reason: "a flag and its negation are one flag",
			change: func(s *v1.PrometheusSpec) { s.AdditionalArgs = []v1.Argument{{Name: "no-web.enable-lifecycle"}} },
			want:   "spec.additionalArgs[0].name",
		},
		"VolumeTwice": {
			reason: "the API server refuses the StatefulSet for it, without saying whose volume it is",
			change: func(s *v1.PrometheusSpec) { s.Volumes = []corev1.Volume{{Name: "config"}} },
			want:   "spec.volumes[0].name: Duplicate value",
		},
		"ClaimTwice": {
			reason: "the volume of a claim counts too",
			change: func(s *v1.PrometheusSpec) {
				s.Storage, s.Volumes = &v1.StorageSpec{}, []corev1.Volume{{Name: "prometheus-main-db"}}
			},
			want: "spec.volumes[0].name: Duplicate value",
		},
		"KeyMissing": {
			reason: "Prometheus would not start",
			change: webTLSOf(v1.WebTLSConfig{CertFile: new("/c")}),
			want:   "spec.web.tlsConfig.keySecret: Required value",
		},
		"KeyTwice": {
			reason: "which one counts is anyone's guess",
			change: webTLSOf(v1.WebTLSConfig{CertFile: new("/c"), KeyFile: new("/k"), KeySecret: *secretKey("s", "k")}),
			want:   "spec.web.tlsConfig.keySecret: Forbidden",
		},
		"CertFromTwo": {
			reason: "a reference is to one object",
			change: webTLSOf(v1.WebTLSConfig{KeyFile: new("/k"), Cert: v1.SecretOrConfigMap{
				Secret: secretKey("s", "k"), ConfigMap: &corev1.ConfigMapKeySelector{},
			}}),
			want: "spec.web.tlsConfig.cert: Forbidden",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := stand(newWorld())
			before := len(w.Owned.StatefulSets) + len(w.Owned.Services) + len(w.Owned.Secrets)
			tc.change(&w.Prometheus.Spec)
			objects := For(w)
			verdict := objects.Verdicts[world.Object{
				Kind: world.Prometheus, NamespacedName: types.NamespacedName{Namespace: "monitoring", Name: "main"},
			}]
			if verdict.Reason != InvalidSpec || !strings.Contains(verdict.Message, tc.want) {
				t.Errorf("%s: the verdict is %+v, want %q in it", tc.reason, verdict, tc.want)
			}
			if len(objects.StatefulSets) > 0 || len(objects.Kept) != before {
				t.Errorf("%d StatefulSets are written and %d objects kept, want none and all %d", len(objects.StatefulSets), len(objects.Kept), before)
			}
		})
	}
}

func webTLSOf(config v1.WebTLSConfig) func(*v1.PrometheusSpec) {
	return func(s *v1.PrometheusSpec) {
		s.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{TLSConfig: &config}}
	}
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	verdicts := For(newWorld(spec(func(s *v1.PrometheusSpec) {
		s.AdditionalArgs = []v1.Argument{{Name: "config.file"}, {Name: "storage.tsdb.path"}}
	}))).Verdicts
	for _, verdict := range verdicts {
		if !strings.Contains(verdict.Message, "additionalArgs[0]") || !strings.Contains(verdict.Message, "additionalArgs[1]") {
			t.Errorf("the message names one of two mistakes: %s", verdict.Message)
		}
	}
}

func TestArgumentsOfTheReferenceLayoutYield(t *testing.T) {
	objects := For(newWorld(spec(func(s *v1.PrometheusSpec) {
		s.AdditionalArgs = []v1.Argument{{Name: "no-storage.tsdb.no-lockfile"}, {Name: "web.console.libraries", Value: "/own"}}
	})))
	if len(objects.Verdicts) > 0 {
		t.Fatalf("upstream accepts these arguments: %v", objects.Verdicts)
	}
	args := objects.StatefulSets[0].Spec.Template.Spec.Containers[0].Args
	want := []string{"--no-storage.tsdb.no-lockfile", "--web.console.libraries=/own"}
	if got := args[len(args)-2:]; !slices.Equal(got, want) || slices.Contains(args, "--storage.tsdb.no-lockfile") {
		t.Errorf("the user's arguments stand last and alone: got %q", args)
	}
}

func TestContainersMerge(t *testing.T) {
	objects := For(newWorld(spec(func(s *v1.PrometheusSpec) {
		s.Containers = []corev1.Container{
			{Name: "prometheus", Env: []corev1.EnvVar{{Name: "GOMAXPROCS", Value: "2"}}, ReadinessProbe: &corev1.Probe{
				ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{}},
			}},
			{Name: "proxy", Image: "proxy"},
			{Name: "config-reloader", Resources: corev1.ResourceRequirements{
				Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
			}},
		}
	})))
	containers := objects.StatefulSets[0].Spec.Template.Spec.Containers
	var order []string
	for _, c := range containers {
		order = append(order, c.Name)
	}
	if diff := cmp.Diff([]string{"prometheus", "config-reloader", "rules-reloader", "proxy"}, order); diff != "" {
		t.Fatalf("the operator's containers keep their places (-want +got):\n%s", diff)
	}
	if probe := containers[0].ReadinessProbe; probe.HTTPGet != nil || probe.TCPSocket == nil || probe.PeriodSeconds != probePeriod {
		t.Errorf("a probe has one handler, the user's, and the rest of the operator's: %+v", probe)
	}
	if len(containers[0].Args) == 0 || containers[0].Env[0].Name != "GOMAXPROCS" {
		t.Errorf("a merge adds and takes nothing away: %+v", containers[0])
	}
	if got := containers[1].Resources; got.Limits.Memory().String() != "1Gi" || got.Requests.Memory().String() != "50Mi" {
		t.Errorf("the user's limit wins over the operator's: %+v", got)
	}
}

func TestSelectorOfAStandingStatefulSetIsKept(t *testing.T) {
	old := map[string]string{"app": "prometheus", "prometheus": "main", "team": "a"}
	w := newWorld()
	w.Owned.StatefulSets = []*appsv1.StatefulSet{{
		ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main"},
		Spec:       appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: old}},
	}}
	sts := For(w).StatefulSets[0]
	if diff := cmp.Diff(old, sts.Spec.Selector.MatchLabels); diff != "" {
		t.Errorf("a selector can't be changed (-want +got):\n%s", diff)
	}
	for key, value := range old {
		if sts.Spec.Template.Labels[key] != value {
			t.Errorf("the pods don't match the selector: %s is %q", key, sts.Spec.Template.Labels[key])
		}
	}
}

func TestUserLabelsNeverBreakTheSelector(t *testing.T) {
	sts := For(newWorld(spec(func(s *v1.PrometheusSpec) {
		s.PodMetadata = &v1.EmbeddedObjectMetadata{Labels: map[string]string{shardLabel: "x", ownerLabel: "y"}}
	}))).StatefulSets[0]
	for key, value := range sts.Spec.Selector.MatchLabels {
		if sts.Spec.Template.Labels[key] != value {
			t.Errorf("label %s of the pod is %q, the selector wants %q", key, sts.Spec.Template.Labels[key], value)
		}
	}
}

func TestUserLabelWinsOverOneOfNoSelector(t *testing.T) {
	w := newWorld(spec(func(s *v1.PrometheusSpec) {
		s.PodMetadata = &v1.EmbeddedObjectMetadata{Labels: map[string]string{"app": "metrics"}}
	}))
	if got := For(w).StatefulSets[0].Spec.Template.Labels["app"]; got != "metrics" {
		t.Errorf("no selector needs the label app, so the user's value stands: got %q", got)
	}
	w.Owned.StatefulSets = []*appsv1.StatefulSet{{
		ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main"},
		Spec:       appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "prometheus"}}},
	}}
	if got := For(w).StatefulSets[0].Spec.Template.Labels["app"]; got != "prometheus" {
		t.Errorf("the selector of a StatefulSet that stands needs it, so the user's value gives way: got %q", got)
	}
}

// TestOldThanosGetsNoFlagItDoesNotKnow matters because a sidecar ends at an unknown flag.
func TestOldThanosGetsNoFlagItDoesNotKnow(t *testing.T) {
	cases := map[string]struct {
		version string
		knows   []string
	}{
		"BeforeHTTPClient": {version: "v0.23.2"},
		"BeforeGetConfig":  {version: "v0.28.1", knows: []string{"--prometheus.http-client-file="}},
		"Both":             {version: "v0.29.0", knows: []string{"--prometheus.http-client-file=", "--prometheus.get_config_timeout="}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objects := For(newWorld(spec(func(s *v1.PrometheusSpec) {
				s.Thanos = &v1.ThanosSpec{Version: &tc.version, GetConfigTimeout: "30s"}
			})))
			made := document(t, objects)
			for _, flag := range []string{"--prometheus.http-client-file=", "--prometheus.get_config_timeout="} {
				if want := slices.Contains(tc.knows, flag); strings.Contains(made, flag) != want {
					t.Errorf("Thanos %s knows %s: %t; in its arguments: %t", tc.version, flag, want, !want)
				}
			}
			if want := len(tc.knows) > 0; strings.Contains(made, thanosClientVolume) != want {
				t.Errorf("the client's Secret and volume stand for Thanos %s: want %t", tc.version, want)
			}
		})
	}
}

func TestKubectlAnnotationsAreNotInherited(t *testing.T) {
	w := newWorld(func(w *world.World) {
		w.Prometheus.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}", "owner": "a"}
		w.Prometheus.Labels = map[string]string{"team": "a"}
	})
	sts := For(w).StatefulSets[0]
	if _, found := sts.Annotations["kubectl.kubernetes.io/last-applied-configuration"]; found || sts.Annotations["owner"] != "a" || sts.Labels["team"] != "a" {
		t.Errorf("kubectl would prune the StatefulSet; all else is inherited: %v %v", sts.Annotations, sts.Labels)
	}
}

func TestImage(t *testing.T) {
	cases := map[string]struct{ whole, base, sha, tag, version, want string }{
		"Whole":      {whole: "a/b:c", base: "x", sha: "1", tag: "2", version: "3", want: "a/b:c"},
		"Digest":     {base: "a/b", sha: "1", tag: "2", version: "3", want: "a/b@sha256:1"},
		"Tag":        {base: "a/b", tag: "2", version: "3", want: "a/b:2"},
		"Version":    {base: "registry:5000/b", version: "v3", want: "registry:5000/b:v3"},
		"TaggedBase": {base: "registry:5000/b:main", sha: "1", version: "v3", want: "registry:5000/b:main"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := image(tc.whole, tc.base, tc.sha, tc.tag, tc.version); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestServiceIsSharedWithoutAFight(t *testing.T) {
	first := newWorld(spec(func(s *v1.PrometheusSpec) { s.PortName, s.Thanos = "http", &v1.ThanosSpec{} }))
	service := For(first).Services[0]
	service.OwnerReferences = []metav1.OwnerReference{{UID: "1"}, {UID: "2"}}

	second := newWorld(func(w *world.World) {
		w.Prometheus.Name, w.Prometheus.UID = "other", "2"
		w.Owned.Services = []*corev1.Service{service}
	})
	if diff := cmp.Diff(service.Spec, For(second).Services[0].Spec); diff != "" {
		t.Errorf("the second Prometheus undoes what the first wrote (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(service.Labels, For(second).Services[0].Labels); diff != "" {
		t.Errorf("labels of a shared object name no Prometheus (-want +got):\n%s", diff)
	}
	second.Owned.Services[0].OwnerReferences = []metav1.OwnerReference{{UID: "2"}}
	if ports := For(second).Services[0].Spec.Ports; len(ports) != 1 || ports[0].Name != "web" {
		t.Errorf("left alone, a Prometheus has its own ports only: %+v", ports)
	}
}

func TestScaledAwayShardsAreKeptUntilTheirDeadline(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := stand(newWorld(spec(func(s *v1.PrometheusSpec) {
		s.Shards, s.Retention = new(int32(2)), "3d"
		s.ShardRetentionPolicy = &v1.ShardRetentionPolicy{WhenScaled: new(v1.RetainWhenScaledRetentionType)}
	}), func(w *world.World) { w.Now = now }))
	w.Prometheus.Spec.Shards = new(int32(1))
	w = stand(w)
	if got := names(w.Owned.StatefulSets); len(got) != 2 {
		t.Fatalf("the shard's data is wanted for three more days: %v", got)
	}
	if got := For(w).NextDeadline; !got.Equal(now.Add(72 * time.Hour)) {
		t.Errorf("nothing else wakes the operator then: %s", got)
	}
	w.Now = now.Add(71 * time.Hour)
	if got := names(For(w).StatefulSets); len(got) != 2 {
		t.Errorf("the deadline counts from when the shard was scaled away: %v", got)
	}
	w.Now = now.Add(73 * time.Hour)
	if got := names(For(w).StatefulSets); len(got) != 1 {
		t.Errorf("the shard's data is older than its retention: %v", got)
	}
	w.Prometheus.Spec.Shards = new(int32(2))
	if _, found := For(w).StatefulSets[1].Annotations[deadlineAnnotation]; found {
		t.Error("a shard that is wanted again has no deadline")
	}
}

func TestARetainedShardIsNeverMadeAnew(t *testing.T) {
	w := stand(newWorld(spec(func(s *v1.PrometheusSpec) {
		s.Shards = new(int32(2))
		s.ShardRetentionPolicy = &v1.ShardRetentionPolicy{WhenScaled: new(v1.RetainWhenScaledRetentionType)}
	})))
	w.Prometheus.Spec.Shards = new(int32(1))
	w.Prometheus.Spec.Storage = &v1.StorageSpec{}
	objects := For(w)
	if got := names(objects.Orphans); len(got) != 1 || got[0] != "prometheus-main" {
		t.Errorf("made anew, it would be forgotten before it is back: %v", got)
	}
	if diff := cmp.Diff(w.Owned.StatefulSets[1].Spec, objects.StatefulSets[1].Spec); diff != "" {
		t.Errorf("it can't become what the spec asks for (-want +got):\n%s", diff)
	}
	if objects.StatefulSets[1].Annotations[deadlineAnnotation] == "" {
		t.Error("its deadline is noted all the same")
	}
}

func TestANewStatefulSetFindsThePodsOfTheOneBefore(t *testing.T) {
	w := newWorld()
	w.Options.Labels = map[string]string{"team": "a"}
	pod := For(w).StatefulSets[0].Spec.Template.Labels
	if pod["team"] != "a" {
		t.Errorf("pods carry the labels of the flag: %v", pod)
	}
	w.Options.Labels = map[string]string{"team": "b"}
	selector, err := metav1.LabelSelectorAsSelector(For(w).StatefulSets[0].Spec.Selector)
	if err != nil || !selector.Matches(labels.Set(pod)) {
		t.Errorf("selector %s doesn't match %v: %v", selector, pod, err)
	}
}

// TestContentNeverChangesThePod draws rules, rule shards, monitors and configurations of ordinary size, and expects one pod.
func TestContentNeverChangesThePod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := stand(newWorld(spec(func(s *v1.PrometheusSpec) { s.Shards = new(int32(2)) })))
		want := For(w).StatefulSets
		for n := range rapid.IntRange(0, 3).Draw(t, "shards") {
			w.Owned.RuleShards = append(w.Owned.RuleShards, &corev1.ConfigMap{
				ObjectMeta: metav1.ObjectMeta{Name: world.RuleShardName("main", n)},
				Data:       map[string]string{"a.yaml": rapid.StringN(0, 50, -1).Draw(t, "rule")},
			})
		}
		w.Rules = make([]*v1.PrometheusRule, rapid.IntRange(0, 3).Draw(t, "rules"))
		w.ServiceMonitors = make([]*v1.ServiceMonitor, rapid.IntRange(0, 3).Draw(t, "monitors"))
		size := rapid.IntRange(0, 400<<10).Draw(t, "bytes of configuration")
		w.Owned.ConfigSecret = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main"}, Data: map[string][]byte{"prometheus.yaml.gz": make([]byte, size)},
		}
		if diff := cmp.Diff(want, For(w).StatefulSets); diff != "" {
			t.Fatalf("the pod changed (-want +got):\n%s", diff)
		}
	})
}

func TestForChangesNothingInItsWorld(t *testing.T) {
	w := goldenWorlds()["tls-thanos-shards"]
	before := w.Prometheus.DeepCopy()
	for _, sts := range For(w).StatefulSets {
		sts.Spec.Template.Spec.Containers[0].Args[0] = "changed"
		sts.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("1Ki")
		sts.Labels["changed"] = "yes"
	}
	if diff := cmp.Diff(before, w.Prometheus); diff != "" {
		t.Errorf("the Prometheus of the cache changed (-want +got):\n%s", diff)
	}
}
