package workload

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

func statefulSetEffects() map[string]effect {
	return map[string]effect{
		"replicas":            {set: func(s *v1.PrometheusSpec) { s.Replicas = new(int32(3)) }, appears: "replicas: 3"},
		"shards":              {set: func(s *v1.PrometheusSpec) { s.Shards = new(int32(2)) }, appears: "name: prometheus-main-shard-1"},
		"minReadySeconds":     {set: func(s *v1.PrometheusSpec) { s.MinReadySeconds = new(int32(7)) }, appears: "minReadySeconds: 7"},
		"serviceName":         {set: func(s *v1.PrometheusSpec) { s.ServiceName = new("own") }, appears: "serviceName: own", goes: "kind: Service\n"},
		"podManagementPolicy": {set: func(s *v1.PrometheusSpec) { s.PodManagementPolicy = new(v1.OrderedReadyPodManagement) }, appears: "podManagementPolicy: OrderedReady"},
		"updateStrategy.type": {set: func(s *v1.PrometheusSpec) {
			s.UpdateStrategy = &v1.StatefulSetUpdateStrategy{Type: v1.OnDeleteStatefulSetStrategyType}
		}, appears: "type: OnDelete"},
		"updateStrategy.rollingUpdate.maxUnavailable": {set: func(s *v1.PrometheusSpec) {
			s.UpdateStrategy = &v1.StatefulSetUpdateStrategy{
				Type:          v1.RollingUpdateStatefulSetStrategyType,
				RollingUpdate: &v1.RollingUpdateStatefulSetStrategy{MaxUnavailable: new(intstr.FromInt32(2))},
			}
		}, appears: "maxUnavailable: 2"},
		"persistentVolumeClaimRetentionPolicy": {set: func(s *v1.PrometheusSpec) {
			s.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
				WhenDeleted: appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
			}
		}, appears: "whenDeleted: Delete"},
		"podMetadata.labels": {set: func(s *v1.PrometheusSpec) {
			s.PodMetadata = &v1.EmbeddedObjectMetadata{Labels: map[string]string{"team": "a"}}
		}, appears: "team: a"},
		"podMetadata.annotations": {set: func(s *v1.PrometheusSpec) {
			s.PodMetadata = &v1.EmbeddedObjectMetadata{Annotations: map[string]string{"note": "b"}}
		}, appears: "note: b"},
	}
}

func podEffects() map[string]effect {
	return map[string]effect{
		"serviceAccountName":            {set: func(s *v1.PrometheusSpec) { s.ServiceAccountName = "scraper" }, appears: "serviceAccountName: scraper"},
		"automountServiceAccountToken":  {set: func(s *v1.PrometheusSpec) { s.AutomountServiceAccountToken = new(false) }, appears: "automountServiceAccountToken: false"},
		"securityContext":               {set: func(s *v1.PrometheusSpec) { s.SecurityContext = &corev1.PodSecurityContext{FSGroup: new(int64(9))} }, appears: "fsGroup: 9"},
		"imagePullSecrets":              {set: func(s *v1.PrometheusSpec) { s.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}} }, appears: "imagePullSecrets:\n"},
		"nodeSelector":                  {set: func(s *v1.PrometheusSpec) { s.NodeSelector = map[string]string{"disk": "ssd"} }, appears: "disk: ssd"},
		"affinity":                      {set: func(s *v1.PrometheusSpec) { s.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{}} }, appears: "podAntiAffinity: {}"},
		"tolerations":                   {set: func(s *v1.PrometheusSpec) { s.Tolerations = []corev1.Toleration{{Key: "spot"}} }, appears: "key: spot"},
		"schedulerName":                 {set: func(s *v1.PrometheusSpec) { s.SchedulerName = "own" }, appears: "schedulerName: own"},
		"priorityClassName":             {set: func(s *v1.PrometheusSpec) { s.PriorityClassName = "high" }, appears: "priorityClassName: high"},
		"terminationGracePeriodSeconds": {set: func(s *v1.PrometheusSpec) { s.TerminationGracePeriodSeconds = new(int64(0)) }, appears: "terminationGracePeriodSeconds: 0"},
		"hostNetwork":                   {set: func(s *v1.PrometheusSpec) { s.HostNetwork = true }, appears: "dnsPolicy: ClusterFirstWithHostNet"},
		"hostUsers":                     {set: func(s *v1.PrometheusSpec) { s.HostUsers = new(false) }, appears: "hostUsers: false"},
		"enableServiceLinks":            {set: func(s *v1.PrometheusSpec) { s.EnableServiceLinks = new(false) }, appears: "enableServiceLinks: false"},
		"dnsPolicy":                     {set: func(s *v1.PrometheusSpec) { s.DNSPolicy = new(v1.DNSDefault) }, appears: "dnsPolicy: Default"},
		"dnsConfig.nameservers":         {set: func(s *v1.PrometheusSpec) { s.DNSConfig = &v1.PodDNSConfig{Nameservers: []string{"192.0.2.1"}} }, appears: "- 192.0.2.1"},
		"dnsConfig.searches":            {set: func(s *v1.PrometheusSpec) { s.DNSConfig = &v1.PodDNSConfig{Searches: []string{"example.com"}} }, appears: "- example.com"},
		"dnsConfig.options.name":        {set: dnsOption, appears: "name: ndots"},
		"dnsConfig.options.value":       {set: dnsOption, appears: `value: "2"`},
		"hostAliases.ip":                {set: hostAlias, appears: "ip: 192.0.2.7"},
		"hostAliases.hostnames":         {set: hostAlias, appears: "- gateway"},
		"topologySpreadConstraints": {set: func(s *v1.PrometheusSpec) {
			s.TopologySpreadConstraints = []v1.TopologySpreadConstraint{{AdditionalLabelSelectors: new(v1.ResourceNameLabelSelector)}}
		}, appears: "topologySpreadConstraints:\n      - labelSelector:\n          matchLabels:\n            app.kubernetes.io/instance: main"},
		"reloadStrategy": {set: func(s *v1.PrometheusSpec) {
			s.ReloadStrategy = new(v1.ProcessSignalReloadStrategyType)
		}, appears: "name: RELOADER_RELOAD_METHOD\n          value: signal", goes: "--web.enable-lifecycle"},
		"initContainers": {set: func(s *v1.PrometheusSpec) {
			s.InitContainers = []corev1.Container{{Name: "chown", Image: "busybox"}}
		}, appears: "name: chown"},
		"containers": {set: func(s *v1.PrometheusSpec) {
			s.Containers = []corev1.Container{{Name: "proxy", Image: "proxy"}}
		}, appears: "name: proxy"},
	}
}

func dnsOption(s *v1.PrometheusSpec) {
	s.DNSConfig = &v1.PodDNSConfig{Options: []v1.PodDNSConfigOption{{Name: "ndots", Value: new("2")}}}
}

func hostAlias(s *v1.PrometheusSpec) {
	s.HostAliases = []v1.HostAlias{{IP: "192.0.2.7", Hostnames: []string{"gateway"}}}
}

func containerEffects() map[string]effect {
	return map[string]effect{
		"image":           {set: func(s *v1.PrometheusSpec) { s.Image = new("example.com/p:x") }, appears: "image: example.com/p:x"},
		"baseImage":       {set: func(s *v1.PrometheusSpec) { s.BaseImage = "example.com/p" }, appears: "image: example.com/p:v3.16.0"},
		"tag":             {set: func(s *v1.PrometheusSpec) { s.Tag = "main" }, appears: "prometheus/prometheus:main"},
		"sha":             {set: func(s *v1.PrometheusSpec) { s.SHA = "abc" }, appears: "prometheus/prometheus@sha256:abc"},
		"version":         {set: func(s *v1.PrometheusSpec) { s.Version = "v3.15.0" }, appears: "prometheus/prometheus:v3.15.0"},
		"imagePullPolicy": {set: func(s *v1.PrometheusSpec) { s.ImagePullPolicy = corev1.PullAlways }, appears: "imagePullPolicy: Always"},
		"resources": {set: func(s *v1.PrometheusSpec) {
			s.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("3Gi")}
		}, appears: "memory: 3Gi"},
		"portName":                      {set: func(s *v1.PrometheusSpec) { s.PortName = "http" }, appears: "targetPort: http"},
		"listenLocal":                   {set: func(s *v1.PrometheusSpec) { s.ListenLocal = true }, appears: "--web.listen-address=127.0.0.1:9090", goes: "containerPort: 9090"},
		"maximumStartupDurationSeconds": {set: func(s *v1.PrometheusSpec) { s.MaximumStartupDurationSeconds = new(int32(3601)) }, appears: "failureThreshold: 61"},
		"volumeMounts":                  {set: func(s *v1.PrometheusSpec) { s.VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/v"}} }, appears: "mountPath: /v\n"},
		"volumes":                       {set: func(s *v1.PrometheusSpec) { s.Volumes = []corev1.Volume{{Name: "extra"}} }, appears: "- name: extra"},
		"secrets":                       {set: func(s *v1.PrometheusSpec) { s.Secrets = []string{"my.cert"} }, appears: "mountPath: /etc/prometheus/secrets/my.cert\n          name: secret-my-cert"},
		"configMaps":                    {set: func(s *v1.PrometheusSpec) { s.ConfigMaps = []string{"files"} }, appears: "mountPath: /etc/prometheus/configmaps/files\n          name: configmap-files"},
		"queryLogFile":                  {set: func(s *v1.PrometheusSpec) { s.QueryLogFile = "query.log" }, appears: "mountPath: /var/log/prometheus"},
		"scrapeFailureLogFile":          {set: func(s *v1.PrometheusSpec) { s.ScrapeFailureLogFile = new("scrape.log") }, appears: "mountPath: /var/log/prometheus"},
		"runtime.goGC": {with: version("2.52.0"), set: func(s *v1.PrometheusSpec) {
			s.Runtime = &v1.RuntimeConfig{GoGC: new(int32(50))}
		}, appears: "- name: GOGC\n          value: \"50\""},
	}
}

func storageEffects() map[string]effect {
	claim := func(change func(*v1.EmbeddedPersistentVolumeClaim)) func(*v1.PrometheusSpec) {
		return func(s *v1.PrometheusSpec) {
			s.Storage = &v1.StorageSpec{}
			change(&s.Storage.VolumeClaimTemplate)
		}
	}
	return map[string]effect{
		"storage.disableMountSubPath": {
			with: spec(func(s *v1.PrometheusSpec) { s.Storage = &v1.StorageSpec{} }),
			set:  func(s *v1.PrometheusSpec) { s.Storage.DisableMountSubPath = true },
			goes: "subPath: prometheus-db",
		},
		"storage.emptyDir": {set: func(s *v1.PrometheusSpec) {
			s.Storage = &v1.StorageSpec{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: new(resource.MustParse("1Gi"))}}
		}, appears: "sizeLimit: 1Gi"},
		"storage.ephemeral": {set: func(s *v1.PrometheusSpec) {
			s.Storage = &v1.StorageSpec{Ephemeral: &corev1.EphemeralVolumeSource{}}
		}, appears: "- ephemeral: {}"},
		"storage.volumeClaimTemplate.spec": {set: claim(func(c *v1.EmbeddedPersistentVolumeClaim) {
			c.Spec.StorageClassName = new("fast")
		}), appears: "storageClassName: fast"},
		"storage.volumeClaimTemplate.metadata.name": {set: claim(func(c *v1.EmbeddedPersistentVolumeClaim) {
			c.Name = "data"
		}), appears: "mountPath: /prometheus\n          name: data\n          subPath: prometheus-db"},
		"storage.volumeClaimTemplate.metadata.labels": {set: claim(func(c *v1.EmbeddedPersistentVolumeClaim) {
			c.Labels = map[string]string{"backup": "daily"}
		}), appears: "backup: daily"},
		"storage.volumeClaimTemplate.metadata.annotations": {set: claim(func(c *v1.EmbeddedPersistentVolumeClaim) {
			c.Annotations = map[string]string{"backup": "weekly"}
		}), appears: "backup: weekly"},
	}
}

func version(v string) func(*world.World) {
	return spec(func(s *v1.PrometheusSpec) { s.Version = v })
}

func gateOff(name string) func(*world.World) {
	return func(w *world.World) { w.Options.FeatureGates = map[string]bool{name: false} }
}

func shardEffects() map[string]effect {
	byTopology := func(s *v1.PrometheusSpec) {
		s.ShardingStrategy = &v1.ShardingStrategy{
			Mode: new(v1.TopologyShardingStrategyMode), Topology: &v1.TopologyShardingStrategy{Values: []string{"zone-a"}},
		}
	}
	retain := func(s *v1.PrometheusSpec) {
		s.ShardRetentionPolicy = &v1.ShardRetentionPolicy{
			WhenScaled: new(v1.RetainWhenScaledRetentionType), Retain: &v1.RetainConfig{RetentionPeriod: "2d"},
		}
	}
	scaledAway := func(w *world.World) {
		w.Now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		w.Owned.StatefulSets = []*appsv1.StatefulSet{{ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main-shard-1"}}}
	}
	return map[string]effect{
		"shardingStrategy.mode":                       {set: byTopology, appears: "topology.kubernetes.io/zone: zone-a"},
		"shardingStrategy.topology.values":            {set: byTopology, appears: "name: TOPOLOGY_ZONE\n          value: zone-a"},
		"shardingStrategy.mode (gate off)":            {with: gateOff(world.TopologyShardingGate), set: byTopology, ignored: "spec.shardingStrategy.topology has no effect: the feature gate PrometheusTopologySharding is off"},
		"shardRetentionPolicy.whenScaled":             {with: scaledAway, set: retain, appears: "name: prometheus-main-shard-1"},
		"shardRetentionPolicy.retain.retentionPeriod": {with: scaledAway, set: retain, appears: `deletion-deadline: "2026-01-03T00:00:00Z"`},
		"shardRetentionPolicy.whenScaled (gate off)":  {with: gateOff(world.ShardRetentionGate), set: retain, ignored: "spec.shardRetentionPolicy has no effect: the feature gate PrometheusShardRetentionPolicy is off"},
	}
}
