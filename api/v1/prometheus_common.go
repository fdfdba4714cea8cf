package v1

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CommonPrometheusFields holds the fields that servers and agents share.
//
// +kubebuilder:validation:XValidation:rule="!has(self.shardingStrategy) || !has(self.shardingStrategy.mode) || self.shardingStrategy.mode != 'Topology' || !has(self.shardingStrategy.topology) || !has(self.shardingStrategy.topology.values) || self.shardingStrategy.topology.values.size() == 0 || (has(self.shards) ? self.shards : 1) >= self.shardingStrategy.topology.values.size()",message="fewer shards than topology values: raise spec.shards or shorten the list"
type CommonPrometheusFields struct {
	// Labels and annotations of the pods. Those that the operator sets itself, the selector's among them, can't
	// be replaced.
	// +optional
	PodMetadata *EmbeddedObjectMetadata `json:"podMetadata,omitempty"`

	// Labels of the ServiceMonitors to scrape. Where all four selectors of scrape objects are absent, the
	// configuration is not managed: the operator leaves the Secret `prometheus-<name>` to the user.
	// +optional
	ServiceMonitorSelector *metav1.LabelSelector `json:"serviceMonitorSelector,omitempty"`

	// Labels of the namespaces to look for ServiceMonitors in.
	// +optional
	ServiceMonitorNamespaceSelector *metav1.LabelSelector `json:"serviceMonitorNamespaceSelector,omitempty"`

	// Labels of the PodMonitors to scrape.
	// +optional
	PodMonitorSelector *metav1.LabelSelector `json:"podMonitorSelector,omitempty"`

	// Labels of the namespaces to look for PodMonitors in.
	// +optional
	PodMonitorNamespaceSelector *metav1.LabelSelector `json:"podMonitorNamespaceSelector,omitempty"`

	// Labels of the Probes to scrape.
	// +optional
	ProbeSelector *metav1.LabelSelector `json:"probeSelector,omitempty"`

	// Labels of the namespaces to look for Probes in.
	// +optional
	ProbeNamespaceSelector *metav1.LabelSelector `json:"probeNamespaceSelector,omitempty"`

	// Labels of the ScrapeConfigs to scrape.
	// +optional
	ScrapeConfigSelector *metav1.LabelSelector `json:"scrapeConfigSelector,omitempty"`

	// Labels of the namespaces to look for ScrapeConfigs in.
	// +optional
	ScrapeConfigNamespaceSelector *metav1.LabelSelector `json:"scrapeConfigNamespaceSelector,omitempty"`

	// Version of Prometheus. The operator decides by it which fields and flags are understood. When empty, the
	// newest one that this operator knew at its release.
	// +optional
	Version string `json:"version,omitempty"`

	// Whether the operator leaves everything but deletion alone.
	// +optional
	Paused bool `json:"paused,omitempty"`

	// Image of Prometheus, in place of the default one. Set `version` too, since it can't be told from an
	// image.
	// +optional
	Image *string `json:"image,omitempty"`

	// When images are pulled.
	// +optional
	// +kubebuilder:validation:Enum="";Always;Never;IfNotPresent
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy,omitempty"`

	// Secrets with credentials of image registries.
	// +optional
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`

	// Pods per shard. 1 when unset.
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// Number of shards that targets are spread over, by the hash of their address unless relabeling sets
	// `__tmp_hash`; a target with the label `__tmp_disable_sharding` is scraped by all. Data stays where it is
	// when the number changes.
	// +optional
	// +kubebuilder:default=1
	Shards *int32 `json:"shards,omitempty"`

	// How targets are spread over shards. By their address when unset.
	// +optional
	ShardingStrategy *ShardingStrategy `json:"shardingStrategy,omitempty"`

	// External label that holds the name of the pod. `prometheus_replica` when unset, none when empty.
	// +optional
	ReplicaExternalLabelName *string `json:"replicaExternalLabelName,omitempty"`

	// External label that holds namespace and name of the Prometheus. `prometheus` when unset, none when empty.
	// +optional
	PrometheusExternalLabelName *string `json:"prometheusExternalLabelName,omitempty"`

	// Lowest level that Prometheus and the sidecars log.
	// +optional
	// +kubebuilder:validation:Enum="";debug;info;warn;error
	LogLevel string `json:"logLevel,omitempty"`

	// Format of log lines of Prometheus and the sidecars.
	// +optional
	// +kubebuilder:validation:Enum="";logfmt;json
	LogFormat string `json:"logFormat,omitempty"`

	// Time between two scrapes where an object does not say so itself.
	// +optional
	// +kubebuilder:default="30s"
	ScrapeInterval Duration `json:"scrapeInterval,omitempty"`

	// Time after which a scrape fails where an object does not say so itself, at most the interval.
	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// Exposition formats to ask for, the preferred one first. When unset, Prometheus has its own order. Needs
	// Prometheus 2.49.0; `PrometheusText1.0.0` needs 3.0.0.
	// +optional
	// +listType=set
	ScrapeProtocols []ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// Labels to add to everything that leaves this Prometheus: alerts, remote write, federation.
	// +optional
	ExternalLabels map[string]string `json:"externalLabels,omitempty"`

	// Whether samples may be pushed to this Prometheus by remote write. Needs Prometheus 2.33.0.
	// +optional
	EnableRemoteWriteReceiver bool `json:"enableRemoteWriteReceiver,omitempty"`

	// Whether samples may be pushed to this Prometheus by OTLP. On where `otlp` is set. Needs Prometheus
	// 2.47.0.
	// +optional
	EnableOTLPReceiver *bool `json:"enableOTLPReceiver,omitempty"`

	// Versions of remote write that are accepted. Needs Prometheus 2.54.0.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	RemoteWriteReceiverMessageVersions []RemoteWriteMessageVersion `json:"remoteWriteReceiverMessageVersions,omitempty"`

	// Feature flags of Prometheus to turn on.
	// +optional
	// +listType=set
	EnableFeatures []EnableFeature `json:"enableFeatures,omitempty"`

	// URL under which users reach this Prometheus, for links in alerts and pages.
	// +optional
	ExternalURL string `json:"externalUrl,omitempty"`

	// Path under which the server answers, where it differs from that of `externalUrl`.
	// +optional
	RoutePrefix string `json:"routePrefix,omitempty"`

	// Where data is stored. An emptyDir when unset.
	// +optional
	Storage *StorageSpec `json:"storage,omitempty"`

	// Additional volumes of the pods.
	// +optional
	Volumes []corev1.Volume `json:"volumes,omitempty"`

	// Additional mounts of the container `prometheus`.
	// +optional
	VolumeMounts []corev1.VolumeMount `json:"volumeMounts,omitempty"`

	// Whether volume claims are deleted with the Prometheus, or with a replica. They are kept when unset.
	// +optional
	PersistentVolumeClaimRetentionPolicy *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy `json:"persistentVolumeClaimRetentionPolicy,omitempty"`

	// Web server of Prometheus.
	// +optional
	Web *PrometheusWebSpec `json:"web,omitempty"`

	// CPU and memory that the container `prometheus` asks for, and its limits.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`

	// Labels of the nodes that pods may run on.
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// Scheduler of the pods. The default one when empty.
	// +optional
	// +kubebuilder:validation:MinLength=1
	SchedulerName string `json:"schedulerName,omitempty"`

	// ServiceAccount of the pods, with which Prometheus discovers targets.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// Whether the token of the ServiceAccount is mounted. It is when unset; Prometheus needs it to discover
	// targets.
	// +optional
	AutomountServiceAccountToken *bool `json:"automountServiceAccountToken,omitempty"`

	// Secrets to mount at `/etc/prometheus/secrets/<name>`.
	// +optional
	// +listType=set
	Secrets []string `json:"secrets,omitempty"`

	// ConfigMaps to mount at `/etc/prometheus/configmaps/<name>`.
	// +optional
	ConfigMaps []string `json:"configMaps,omitempty"`

	// Affinity of the pods.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`

	// Tolerations of the pods.
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// How pods are spread over nodes and zones.
	// +optional
	TopologySpreadConstraints []TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`

	// Remote stores to write to.
	// +optional
	RemoteWrite []RemoteWriteSpec `json:"remoteWrite,omitempty"`

	// How OTLP is received. Needs Prometheus 2.55.0.
	// +optional
	OTLP *OTLPConfig `json:"otlp,omitempty"`

	// Security context of the pods.
	// +optional
	SecurityContext *corev1.PodSecurityContext `json:"securityContext,omitempty"`

	// DNS policy of the pods.
	// +optional
	DNSPolicy *DNSPolicy `json:"dnsPolicy,omitempty"`

	// DNS resolver of the pods.
	// +optional
	DNSConfig *PodDNSConfig `json:"dnsConfig,omitempty"`

	// Whether Prometheus listens on the loopback address only.
	// +optional
	ListenLocal bool `json:"listenLocal,omitempty"`

	// Whether pods are made and removed one by one or all at once. `Parallel` when unset, so that one stuck pod
	// does not hold up the others.
	// +optional
	PodManagementPolicy *PodManagementPolicyType `json:"podManagementPolicy,omitempty"`

	// How pods are replaced when their template changes. `RollingUpdate` when unset.
	// +optional
	UpdateStrategy *StatefulSetUpdateStrategy `json:"updateStrategy,omitempty"`

	// Whether Services are described in the environment of the containers.
	// +optional
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`

	// Additional containers of the pods. One with the name of a container of the operator's, such as
	// `prometheus`, is merged into it as a strategic merge patch.
	// +optional
	Containers []corev1.Container `json:"containers,omitempty"`

	// Additional init containers of the pods, merged in the same way.
	// +optional
	InitContainers []corev1.Container `json:"initContainers,omitempty"`

	// Key of a Secret that holds more scrape jobs, in the form of Prometheus' `scrape_config`. They come after
	// the operator's own.
	// +optional
	AdditionalScrapeConfigs *corev1.SecretKeySelector `json:"additionalScrapeConfigs,omitempty"`

	// How Prometheus reaches the Kubernetes API. As a pod does when unset.
	// +optional
	APIServerConfig *APIServerConfig `json:"apiserverConfig,omitempty"`

	// Priority class of the pods.
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`

	// Name of the web port on pods and Service.
	// +optional
	// +kubebuilder:default="web"
	PortName string `json:"portName,omitempty"`

	// Whether scrape objects may name files in the container.
	// +optional
	ArbitraryFSAccessThroughSMs ArbitraryFSAccessThroughSMsConfig `json:"arbitraryFSAccessThroughSMs,omitempty"`

	// Whether `honorLabels` of scrape objects is taken as false.
	// +optional
	OverrideHonorLabels bool `json:"overrideHonorLabels,omitempty"`

	// Whether `honorTimestamps` of scrape objects is taken as false.
	// +optional
	OverrideHonorTimestamps bool `json:"overrideHonorTimestamps,omitempty"`

	// Whether scrape objects are held to their own namespace, whatever their `namespaceSelector` says.
	// +optional
	IgnoreNamespaceSelectors bool `json:"ignoreNamespaceSelectors,omitempty"`

	// Label that holds the namespace of the object that a series or alert comes from. It is added to scraped
	// samples, to the results of rules, and to every selector in their expressions. None when empty.
	// +optional
	EnforcedNamespaceLabel string `json:"enforcedNamespaceLabel,omitempty"`

	// Highest `sampleLimit` of a scrape object. Objects with more, or with none where `sampleLimit` of the
	// Prometheus sets none either, get this one.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedSampleLimit *int64 `json:"enforcedSampleLimit,omitempty"`

	// Highest `targetLimit` of a scrape object, as in `enforcedSampleLimit`.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedTargetLimit *int64 `json:"enforcedTargetLimit,omitempty"`

	// Highest `labelLimit` of a scrape object, as in `enforcedSampleLimit`. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedLabelLimit *int64 `json:"enforcedLabelLimit,omitempty"`

	// Highest `labelNameLengthLimit` of a scrape object, as in `enforcedSampleLimit`. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedLabelNameLengthLimit *int64 `json:"enforcedLabelNameLengthLimit,omitempty"`

	// Highest `labelValueLengthLimit` of a scrape object, as in `enforcedSampleLimit`. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedLabelValueLengthLimit *int64 `json:"enforcedLabelValueLengthLimit,omitempty"`

	// Highest `keepDroppedTargets` of a scrape object, as in `enforcedSampleLimit`. Needs Prometheus 2.47.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedKeepDroppedTargets *int64 `json:"enforcedKeepDroppedTargets,omitempty"`

	// Highest `bodySizeLimit` of a scrape object, as in `enforcedSampleLimit`. Needs Prometheus 2.28.0.
	// +optional
	EnforcedBodySizeLimit ByteSize `json:"enforcedBodySizeLimit,omitempty"`

	// Characters that metric and label names may have. Needs Prometheus 2.55.0.
	// +optional
	NameValidationScheme *NameValidationSchemeOptions `json:"nameValidationScheme,omitempty"`

	// How names outside of the classic character set are asked for. Needs Prometheus 3.4.0.
	// +optional
	NameEscapingScheme *NameEscapingSchemeOptions `json:"nameEscapingScheme,omitempty"`

	// Whether classic histograms are stored as native ones with custom buckets. Needs Prometheus 3.4.0.
	// +optional
	ConvertClassicHistogramsToNHCB *bool `json:"convertClassicHistogramsToNHCB,omitempty"`

	// Whether native histograms are scraped. Needs Prometheus 3.8.0.
	// +optional
	ScrapeNativeHistograms *bool `json:"scrapeNativeHistograms,omitempty"`

	// Whether a histogram that is exposed in both forms is stored in both. Needs Prometheus 3.5.0.
	// +optional
	ScrapeClassicHistograms *bool `json:"scrapeClassicHistograms,omitempty"`

	// Whether each scrape also stores its timeout, its sample limit and its body size as series. Needs
	// Prometheus 2.32.0.
	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// Seconds that a pod must be ready before it counts as available.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinReadySeconds *int32 `json:"minReadySeconds,omitempty"`

	// Entries of the pods' hosts file.
	// +optional
	// +listType=map
	// +listMapKey=ip
	HostAliases []HostAlias `json:"hostAliases,omitempty"`

	// Additional arguments of Prometheus. One that the operator sets itself is refused.
	// +optional
	AdditionalArgs []Argument `json:"additionalArgs,omitempty"`

	// Whether the write-ahead log is compressed. Prometheus compresses it when unset.
	// +optional
	WALCompression *bool `json:"walCompression,omitempty"`

	// Objects that the enforced namespace label is not added to.
	// +optional
	ExcludedFromEnforcement []ObjectReference `json:"excludedFromEnforcement,omitempty"`

	// Whether pods use the network of their node. The DNS policy is then `ClusterFirstWithHostNet` unless it is
	// set.
	// +optional
	HostNetwork bool `json:"hostNetwork,omitempty"`

	// Labels of pods that are copied to the series of all ServiceMonitors and PodMonitors, besides those that
	// these name.
	// +optional
	PodTargetLabels []string `json:"podTargetLabels,omitempty"`

	// Where Prometheus sends traces of its own work. Experimental in Prometheus.
	// +optional
	TracingConfig *TracingConfig `json:"tracingConfig,omitempty"`

	// `bodySizeLimit` of scrape objects that have none. Needs Prometheus 2.45.0.
	// +optional
	BodySizeLimit *ByteSize `json:"bodySizeLimit,omitempty"`

	// `sampleLimit` of scrape objects that have none. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

	// `targetLimit` of scrape objects that have none. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

	// `labelLimit` of scrape objects that have none. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelLimit *int64 `json:"labelLimit,omitempty"`

	// `labelNameLengthLimit` of scrape objects that have none. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelNameLengthLimit *int64 `json:"labelNameLengthLimit,omitempty"`

	// `labelValueLengthLimit` of scrape objects that have none. Needs Prometheus 2.45.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelValueLengthLimit *int64 `json:"labelValueLengthLimit,omitempty"`

	// `keepDroppedTargets` of scrape objects that have none. Needs Prometheus 2.47.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	KeepDroppedTargets *int64 `json:"keepDroppedTargets,omitempty"`

	// How Prometheus is told to reload. By `HTTP` when unset.
	// +optional
	ReloadStrategy *ReloadStrategyType `json:"reloadStrategy,omitempty"`

	// Seconds that Prometheus may take to start, replay of the write-ahead log included. 900 when unset.
	// +optional
	// +kubebuilder:validation:Minimum=60
	MaximumStartupDurationSeconds *int32 `json:"maximumStartupDurationSeconds,omitempty"`

	// Settings that scrape objects can refer to by name.
	// +optional
	// +listType=map
	// +listMapKey=name
	ScrapeClasses []ScrapeClass `json:"scrapeClasses,omitempty"`

	// Objects that endpoints of Services and Alertmanagers are read from. `Endpoints` when unset.
	// +optional
	ServiceDiscoveryRole *ServiceDiscoveryRole `json:"serviceDiscoveryRole,omitempty"`

	// Settings of the time series database that a reload can change. Needs Prometheus 2.39.0.
	// +optional
	TSDB *TSDBSpec `json:"tsdb,omitempty"`

	// File that failed scrapes are logged to, with the same meaning of its path as in `queryLogFile`. Needs
	// Prometheus 2.55.0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeFailureLogFile *string `json:"scrapeFailureLogFile,omitempty"`

	// Governing Service of the StatefulSets, made by the user and selecting the pods. When unset, the operator
	// makes `prometheus-operated`.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ServiceName *string `json:"serviceName,omitempty"`

	// Settings of the Go runtime in Prometheus.
	// +optional
	Runtime *RuntimeConfig `json:"runtime,omitempty"`

	// Seconds that a pod has to stop. 600 when unset.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`

	// Whether pods use the user namespace of their node. Kubernetes' default when unset.
	// +optional
	HostUsers *bool `json:"hostUsers,omitempty"`
}
