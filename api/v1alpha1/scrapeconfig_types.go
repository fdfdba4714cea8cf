package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// ScrapeConfig describes one scrape job for targets inside or outside of the cluster.
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories="prometheus-operator",shortName="scfg"
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Accepted",type="string",JSONPath=".status.conditions[?(@.type == 'Accepted')].status",description="Whether every Prometheus that selects the object took it"
// +kubebuilder:printcolumn:name="Loaded",type="string",JSONPath=".status.conditions[?(@.type == 'Loaded')].status",description="Whether every replica runs this generation"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ScrapeConfig struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Targets, how they are discovered, and how to scrape them.
	// +required
	Spec ScrapeConfigSpec `json:"spec"`

	// What became of the object, written by the operator.
	// +optional
	Status v1.ConfigResourceStatus `json:"status,omitempty,omitzero"`
}

// ScrapeConfigList is a list of ScrapeConfig objects.
// +kubebuilder:object:root=true
type ScrapeConfigList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ScrapeConfig `json:"items"`
}

// +kubebuilder:validation:XValidation:rule="[has(self.basicAuth), has(self.authorization), has(self.oauth2)].filter(x, x).size() <= 1",message="at most one of basicAuth, authorization, or oauth2 can be configured"
type ScrapeConfigSpec struct {
	// +optional
	// +kubebuilder:validation:MinLength=1
	JobName *string `json:"jobName,omitempty"`

	// +optional
	StaticConfigs []StaticConfig `json:"staticConfigs,omitempty"`

	// +optional
	FileSDConfigs []FileSDConfig `json:"fileSDConfigs,omitempty"`

	// +optional
	HTTPSDConfigs []HTTPSDConfig `json:"httpSDConfigs,omitempty"`

	// +optional
	KubernetesSDConfigs []KubernetesSDConfig `json:"kubernetesSDConfigs,omitempty"`

	// +optional
	ConsulSDConfigs []ConsulSDConfig `json:"consulSDConfigs,omitempty"`

	// +optional
	DNSSDConfigs []DNSSDConfig `json:"dnsSDConfigs,omitempty"`

	// +optional
	EC2SDConfigs []EC2SDConfig `json:"ec2SDConfigs,omitempty"`

	// +optional
	AzureSDConfigs []AzureSDConfig `json:"azureSDConfigs,omitempty"`

	// +optional
	GCESDConfigs []GCESDConfig `json:"gceSDConfigs,omitempty"`

	// +optional
	OpenStackSDConfigs []OpenStackSDConfig `json:"openstackSDConfigs,omitempty"`

	// +optional
	DigitalOceanSDConfigs []DigitalOceanSDConfig `json:"digitalOceanSDConfigs,omitempty"`

	// +optional
	KumaSDConfigs []KumaSDConfig `json:"kumaSDConfigs,omitempty"`

	// +optional
	EurekaSDConfigs []EurekaSDConfig `json:"eurekaSDConfigs,omitempty"`

	// +optional
	DockerSDConfigs []DockerSDConfig `json:"dockerSDConfigs,omitempty"`

	// +optional
	LinodeSDConfigs []LinodeSDConfig `json:"linodeSDConfigs,omitempty"`

	// +optional
	HetznerSDConfigs []HetznerSDConfig `json:"hetznerSDConfigs,omitempty"`

	// +optional
	NomadSDConfigs []NomadSDConfig `json:"nomadSDConfigs,omitempty"`

	// +optional
	DockerSwarmSDConfigs []DockerSwarmSDConfig `json:"dockerSwarmSDConfigs,omitempty"`

	// +optional
	PuppetDBSDConfigs []PuppetDBSDConfig `json:"puppetDBSDConfigs,omitempty"`

	// +optional
	LightSailSDConfigs []LightSailSDConfig `json:"lightSailSDConfigs,omitempty"`

	// +optional
	OVHCloudSDConfigs []OVHCloudSDConfig `json:"ovhcloudSDConfigs,omitempty"`

	// +optional
	ScalewaySDConfigs []ScalewaySDConfig `json:"scalewaySDConfigs,omitempty"`

	// +optional
	IonosSDConfigs []IonosSDConfig `json:"ionosSDConfigs,omitempty"`

	// +optional
	// +kubebuilder:validation:MinItems=1
	RelabelConfigs []v1.RelabelConfig `json:"relabelings,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	MetricsPath *string `json:"metricsPath,omitempty"`

	// +optional
	ScrapeInterval *v1.Duration `json:"scrapeInterval,omitempty"`

	// +optional
	ScrapeTimeout *v1.Duration `json:"scrapeTimeout,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	ScrapeProtocols []v1.ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// +optional
	FallbackScrapeProtocol *v1.ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// +optional
	HonorTimestamps *bool `json:"honorTimestamps,omitempty"`

	// +optional
	TrackTimestampsStaleness *bool `json:"trackTimestampsStaleness,omitempty"`

	// +optional
	HonorLabels *bool `json:"honorLabels,omitempty"`

	// +optional
	// +mapType=atomic
	Params map[string][]string `json:"params,omitempty"`

	// +optional
	Scheme *v1.Scheme `json:"scheme,omitempty"`

	// +optional
	EnableCompression *bool `json:"enableCompression,omitempty"`

	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

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
	BodySizeLimit            *v1.ByteSize `json:"bodySizeLimit,omitempty"`
	v1.NativeHistogramConfig `json:",inline"`

	// +optional
	// +kubebuilder:validation:Minimum=0
	KeepDroppedTargets *int64 `json:"keepDroppedTargets,omitempty"`

	// +optional
	// +kubebuilder:validation:MinItems=1
	MetricRelabelConfigs []v1.RelabelConfig `json:"metricRelabelings,omitempty"`
	v1.ProxyConfig       `json:",inline"`

	// +optional
	NameValidationScheme *v1.NameValidationSchemeOptions `json:"nameValidationScheme,omitempty"`

	// +optional
	NameEscapingScheme *v1.NameEscapingSchemeOptions `json:"nameEscapingScheme,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`
}
