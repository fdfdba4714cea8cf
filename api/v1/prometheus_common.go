package v1

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +kubebuilder:validation:XValidation:rule="!has(self.shardingStrategy) || !has(self.shardingStrategy.mode) || self.shardingStrategy.mode != 'Topology' || !has(self.shardingStrategy.topology) || !has(self.shardingStrategy.topology.values) || self.shardingStrategy.topology.values.size() == 0 || (has(self.shards) ? self.shards : 1) >= self.shardingStrategy.topology.values.size()",message="shards must be greater than or equal to the number of topology values when sharding strategy mode is Topology"
type CommonPrometheusFields struct {
	// +optional
	PodMetadata *EmbeddedObjectMetadata `json:"podMetadata,omitempty"`

	// +optional
	ServiceMonitorSelector *metav1.LabelSelector `json:"serviceMonitorSelector,omitempty"`

	// +optional
	ServiceMonitorNamespaceSelector *metav1.LabelSelector `json:"serviceMonitorNamespaceSelector,omitempty"`

	// +optional
	PodMonitorSelector *metav1.LabelSelector `json:"podMonitorSelector,omitempty"`

	// +optional
	PodMonitorNamespaceSelector *metav1.LabelSelector `json:"podMonitorNamespaceSelector,omitempty"`

	// +optional
	ProbeSelector *metav1.LabelSelector `json:"probeSelector,omitempty"`

	// +optional
	ProbeNamespaceSelector *metav1.LabelSelector `json:"probeNamespaceSelector,omitempty"`

	// +optional
	ScrapeConfigSelector *metav1.LabelSelector `json:"scrapeConfigSelector,omitempty"`

	// +optional
	ScrapeConfigNamespaceSelector *metav1.LabelSelector `json:"scrapeConfigNamespaceSelector,omitempty"`

	// +optional
	Version string `json:"version,omitempty"`

	// +optional
	Paused bool `json:"paused,omitempty"`

	// +optional
	Image *string `json:"image,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";Always;Never;IfNotPresent
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy,omitempty"`

	// +optional
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`

	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// +optional
	// +kubebuilder:default=1
	Shards *int32 `json:"shards,omitempty"`

	// +optional
	ShardingStrategy *ShardingStrategy `json:"shardingStrategy,omitempty"`

	// +optional
	ReplicaExternalLabelName *string `json:"replicaExternalLabelName,omitempty"`

	// +optional
	PrometheusExternalLabelName *string `json:"prometheusExternalLabelName,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";debug;info;warn;error
	LogLevel string `json:"logLevel,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";logfmt;json
	LogFormat string `json:"logFormat,omitempty"`

	// +optional
	// +kubebuilder:default="30s"
	ScrapeInterval Duration `json:"scrapeInterval,omitempty"`

	// +optional
	ScrapeTimeout Duration `json:"scrapeTimeout,omitempty"`

	// +optional
	// +listType=set
	ScrapeProtocols []ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// +optional
	ExternalLabels map[string]string `json:"externalLabels,omitempty"`

	// +optional
	EnableRemoteWriteReceiver bool `json:"enableRemoteWriteReceiver,omitempty"`

	// +optional
	EnableOTLPReceiver *bool `json:"enableOTLPReceiver,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	RemoteWriteReceiverMessageVersions []RemoteWriteMessageVersion `json:"remoteWriteReceiverMessageVersions,omitempty"`

	// +optional
	// +listType=set
	EnableFeatures []EnableFeature `json:"enableFeatures,omitempty"`

	// +optional
	ExternalURL string `json:"externalUrl,omitempty"`

	// +optional
	RoutePrefix string `json:"routePrefix,omitempty"`

	// +optional
	Storage *StorageSpec `json:"storage,omitempty"`

	// +optional
	Volumes []corev1.Volume `json:"volumes,omitempty"`

	// +optional
	VolumeMounts []corev1.VolumeMount `json:"volumeMounts,omitempty"`

	// +optional
	PersistentVolumeClaimRetentionPolicy *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy `json:"persistentVolumeClaimRetentionPolicy,omitempty"`

	// +optional
	Web *PrometheusWebSpec `json:"web,omitempty"`

	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`

	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	SchedulerName string `json:"schedulerName,omitempty"`

	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// +optional
	AutomountServiceAccountToken *bool `json:"automountServiceAccountToken,omitempty"`

	// +optional
	// +listType=set
	Secrets []string `json:"secrets,omitempty"`

	// +optional
	ConfigMaps []string `json:"configMaps,omitempty"`

	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`

	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// +optional
	TopologySpreadConstraints []TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`

	// +optional
	RemoteWrite []RemoteWriteSpec `json:"remoteWrite,omitempty"`

	// +optional
	OTLP *OTLPConfig `json:"otlp,omitempty"`

	// +optional
	SecurityContext *corev1.PodSecurityContext `json:"securityContext,omitempty"`

	// +optional
	DNSPolicy *DNSPolicy `json:"dnsPolicy,omitempty"`

	// +optional
	DNSConfig *PodDNSConfig `json:"dnsConfig,omitempty"`

	// +optional
	ListenLocal bool `json:"listenLocal,omitempty"`

	// +optional
	PodManagementPolicy *PodManagementPolicyType `json:"podManagementPolicy,omitempty"`

	// +optional
	UpdateStrategy *StatefulSetUpdateStrategy `json:"updateStrategy,omitempty"`

	// +optional
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`

	// +optional
	Containers []corev1.Container `json:"containers,omitempty"`

	// +optional
	InitContainers []corev1.Container `json:"initContainers,omitempty"`

	// +optional
	AdditionalScrapeConfigs *corev1.SecretKeySelector `json:"additionalScrapeConfigs,omitempty"`

	// +optional
	APIServerConfig *APIServerConfig `json:"apiserverConfig,omitempty"`

	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`

	// +optional
	// +kubebuilder:default="web"
	PortName string `json:"portName,omitempty"`

	// +optional
	ArbitraryFSAccessThroughSMs ArbitraryFSAccessThroughSMsConfig `json:"arbitraryFSAccessThroughSMs,omitempty"`

	// +optional
	OverrideHonorLabels bool `json:"overrideHonorLabels,omitempty"`

	// +optional
	OverrideHonorTimestamps bool `json:"overrideHonorTimestamps,omitempty"`

	// +optional
	IgnoreNamespaceSelectors bool `json:"ignoreNamespaceSelectors,omitempty"`

	// +optional
	EnforcedNamespaceLabel string `json:"enforcedNamespaceLabel,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedSampleLimit *int64 `json:"enforcedSampleLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedTargetLimit *int64 `json:"enforcedTargetLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedLabelLimit *int64 `json:"enforcedLabelLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedLabelNameLengthLimit *int64 `json:"enforcedLabelNameLengthLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedLabelValueLengthLimit *int64 `json:"enforcedLabelValueLengthLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	EnforcedKeepDroppedTargets *int64 `json:"enforcedKeepDroppedTargets,omitempty"`

	// +optional
	EnforcedBodySizeLimit ByteSize `json:"enforcedBodySizeLimit,omitempty"`

	// +optional
	NameValidationScheme *NameValidationSchemeOptions `json:"nameValidationScheme,omitempty"`

	// +optional
	NameEscapingScheme *NameEscapingSchemeOptions `json:"nameEscapingScheme,omitempty"`

	// +optional
	ConvertClassicHistogramsToNHCB *bool `json:"convertClassicHistogramsToNHCB,omitempty"`

	// +optional
	ScrapeNativeHistograms *bool `json:"scrapeNativeHistograms,omitempty"`

	// +optional
	ScrapeClassicHistograms *bool `json:"scrapeClassicHistograms,omitempty"`

	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	MinReadySeconds *int32 `json:"minReadySeconds,omitempty"`

	// +optional
	// +listType=map
	// +listMapKey=ip
	HostAliases []HostAlias `json:"hostAliases,omitempty"`

	// +optional
	AdditionalArgs []Argument `json:"additionalArgs,omitempty"`

	// +optional
	WALCompression *bool `json:"walCompression,omitempty"`

	// +optional
	ExcludedFromEnforcement []ObjectReference `json:"excludedFromEnforcement,omitempty"`

	// +optional
	HostNetwork bool `json:"hostNetwork,omitempty"`

	// +optional
	PodTargetLabels []string `json:"podTargetLabels,omitempty"`

	// +optional
	TracingConfig *TracingConfig `json:"tracingConfig,omitempty"`

	// +optional
	BodySizeLimit *ByteSize `json:"bodySizeLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelLimit *int64 `json:"labelLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelNameLengthLimit *int64 `json:"labelNameLengthLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelValueLengthLimit *int64 `json:"labelValueLengthLimit,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	KeepDroppedTargets *int64 `json:"keepDroppedTargets,omitempty"`

	// +optional
	ReloadStrategy *ReloadStrategyType `json:"reloadStrategy,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=60
	MaximumStartupDurationSeconds *int32 `json:"maximumStartupDurationSeconds,omitempty"`

	// +optional
	// +listType=map
	// +listMapKey=name
	ScrapeClasses []ScrapeClass `json:"scrapeClasses,omitempty"`

	// +optional
	ServiceDiscoveryRole *ServiceDiscoveryRole `json:"serviceDiscoveryRole,omitempty"`

	// +optional
	TSDB *TSDBSpec `json:"tsdb,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeFailureLogFile *string `json:"scrapeFailureLogFile,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ServiceName *string `json:"serviceName,omitempty"`

	// +optional
	Runtime *RuntimeConfig `json:"runtime,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`

	// +optional
	HostUsers *bool `json:"hostUsers,omitempty"`
}
