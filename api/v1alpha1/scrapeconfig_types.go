package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// ScrapeConfig describes one scrape job for targets inside or outside of the cluster.
//
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
//
// +kubebuilder:object:root=true
type ScrapeConfigList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ScrapeConfig `json:"items"`
}

// ScrapeConfigSpec holds targets, how they are discovered, and how to scrape them.
//
// +kubebuilder:validation:XValidation:rule="[has(self.basicAuth), has(self.authorization), has(self.oauth2)].filter(x, x).size() <= 1",message="set only one of basicAuth, authorization and oauth2"
type ScrapeConfigSpec struct {
	// Value of the label `job`. The job itself is named by the operator, since its name must be unique.
	// +optional
	// +kubebuilder:validation:MinLength=1
	JobName *string `json:"jobName,omitempty"`

	// Targets by address.
	// +optional
	StaticConfigs []StaticConfig `json:"staticConfigs,omitempty"`

	// Targets from files.
	// +optional
	FileSDConfigs []FileSDConfig `json:"fileSDConfigs,omitempty"`

	// Targets from an HTTP endpoint.
	// +optional
	HTTPSDConfigs []HTTPSDConfig `json:"httpSDConfigs,omitempty"`

	// Targets from the Kubernetes API.
	// +optional
	KubernetesSDConfigs []KubernetesSDConfig `json:"kubernetesSDConfigs,omitempty"`

	// Targets from Consul.
	// +optional
	ConsulSDConfigs []ConsulSDConfig `json:"consulSDConfigs,omitempty"`

	// Targets from DNS.
	// +optional
	DNSSDConfigs []DNSSDConfig `json:"dnsSDConfigs,omitempty"`

	// Targets from AWS EC2.
	// +optional
	EC2SDConfigs []EC2SDConfig `json:"ec2SDConfigs,omitempty"`

	// Targets from Azure.
	// +optional
	AzureSDConfigs []AzureSDConfig `json:"azureSDConfigs,omitempty"`

	// Targets from Google Compute Engine.
	// +optional
	GCESDConfigs []GCESDConfig `json:"gceSDConfigs,omitempty"`

	// Targets from OpenStack.
	// +optional
	OpenStackSDConfigs []OpenStackSDConfig `json:"openstackSDConfigs,omitempty"`

	// Targets from DigitalOcean.
	// +optional
	DigitalOceanSDConfigs []DigitalOceanSDConfig `json:"digitalOceanSDConfigs,omitempty"`

	// Targets from Kuma.
	// +optional
	KumaSDConfigs []KumaSDConfig `json:"kumaSDConfigs,omitempty"`

	// Targets from Eureka.
	// +optional
	EurekaSDConfigs []EurekaSDConfig `json:"eurekaSDConfigs,omitempty"`

	// Targets from Docker.
	// +optional
	DockerSDConfigs []DockerSDConfig `json:"dockerSDConfigs,omitempty"`

	// Targets from Linode.
	// +optional
	LinodeSDConfigs []LinodeSDConfig `json:"linodeSDConfigs,omitempty"`

	// Targets from Hetzner.
	// +optional
	HetznerSDConfigs []HetznerSDConfig `json:"hetznerSDConfigs,omitempty"`

	// Targets from Nomad.
	// +optional
	NomadSDConfigs []NomadSDConfig `json:"nomadSDConfigs,omitempty"`

	// Targets from Docker Swarm.
	// +optional
	DockerSwarmSDConfigs []DockerSwarmSDConfig `json:"dockerSwarmSDConfigs,omitempty"`

	// Targets from PuppetDB.
	// +optional
	PuppetDBSDConfigs []PuppetDBSDConfig `json:"puppetDBSDConfigs,omitempty"`

	// Targets from AWS Lightsail.
	// +optional
	LightSailSDConfigs []LightSailSDConfig `json:"lightSailSDConfigs,omitempty"`

	// Targets from OVHcloud.
	// +optional
	OVHCloudSDConfigs []OVHCloudSDConfig `json:"ovhcloudSDConfigs,omitempty"`

	// Targets from Scaleway.
	// +optional
	ScalewaySDConfigs []ScalewaySDConfig `json:"scalewaySDConfigs,omitempty"`

	// Targets from IONOS.
	// +optional
	IonosSDConfigs []IonosSDConfig `json:"ionosSDConfigs,omitempty"`

	// Relabeling of discovered targets, after the steps that the operator adds. The job name is in the label
	// `__tmp_prometheus_job_name`.
	// +optional
	// +kubebuilder:validation:MinItems=1
	RelabelConfigs []v1.RelabelConfig `json:"relabelings,omitempty"`

	// Path of the scrape URL. `/metrics` when unset.
	// +optional
	// +kubebuilder:validation:MinLength=1
	MetricsPath *string `json:"metricsPath,omitempty"`

	// Time between two scrapes. When unset, the interval of the Prometheus.
	// +optional
	ScrapeInterval *v1.Duration `json:"scrapeInterval,omitempty"`

	// Time after which a scrape fails, at most the interval. When unset, the timeout of the Prometheus.
	// +optional
	ScrapeTimeout *v1.Duration `json:"scrapeTimeout,omitempty"`

	// Exposition formats to ask for, the preferred one first. When unset, Prometheus has its own order. Needs
	// Prometheus 2.49.0.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	ScrapeProtocols []v1.ScrapeProtocol `json:"scrapeProtocols,omitempty"`

	// Format to assume when a target sends no usable Content-Type. Needs Prometheus 3.0.0.
	// +optional
	FallbackScrapeProtocol *v1.ScrapeProtocol `json:"fallbackScrapeProtocol,omitempty"`

	// Whether each scrape also stores its timeout, its sample limit and its body size as series. Needs
	// Prometheus 3.10.0.
	// +optional
	ExtraScrapeMetrics *bool `json:"extraScrapeMetrics,omitempty"`

	// Whether timestamps in scraped data are kept. Prometheus keeps them when unset.
	// +optional
	HonorTimestamps *bool `json:"honorTimestamps,omitempty"`

	// Whether series with timestamps of their own go stale when they disappear. Without effect where timestamps
	// are not kept. Needs Prometheus 2.48.0.
	// +optional
	TrackTimestampsStaleness *bool `json:"trackTimestampsStaleness,omitempty"`

	// Whether labels in scraped data win over target labels of the same name. Otherwise they are kept with the
	// prefix `exported_`.
	// +optional
	HonorLabels *bool `json:"honorLabels,omitempty"`

	// Parameters of the scrape URL.
	// +optional
	// +mapType=atomic
	Params map[string][]string `json:"params,omitempty"`

	// Protocol scheme of the scrape URL. `HTTP` when unset.
	// +optional
	Scheme *v1.Scheme `json:"scheme,omitempty"`

	// Whether compressed responses are asked for. Prometheus does when unset. Needs Prometheus 2.49.0.
	// +optional
	EnableCompression *bool `json:"enableCompression,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHTTP2 *bool `json:"enableHTTP2,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *v1.BasicAuth `json:"basicAuth,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *v1.SafeAuthorization `json:"authorization,omitempty"`

	// OAuth 2.0 client credentials. At most one kind of authentication may be set.
	// +optional
	OAuth2 *v1.OAuth2 `json:"oauth2,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *v1.SafeTLSConfig `json:"tlsConfig,omitempty"`

	// Samples that one scrape may return after relabeling; with more the scrape fails. 0 means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SampleLimit *int64 `json:"sampleLimit,omitempty"`

	// Targets that one job may have; with more all of them fail. 0 means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TargetLimit *int64 `json:"targetLimit,omitempty"`

	// Labels that one sample may have; with more the scrape fails. 0 means no limit. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelLimit *int64 `json:"labelLimit,omitempty"`

	// Bytes that a label name may have; with more the scrape fails. 0 means no limit. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelNameLengthLimit *int64 `json:"labelNameLengthLimit,omitempty"`

	// Bytes that a label value may have; with more the scrape fails. 0 means no limit. Needs Prometheus 2.27.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LabelValueLengthLimit *int64 `json:"labelValueLengthLimit,omitempty"`

	// Size that an uncompressed response may have; with more the scrape fails. Needs Prometheus 2.28.0.
	// +optional
	BodySizeLimit            *v1.ByteSize `json:"bodySizeLimit,omitempty"`
	v1.NativeHistogramConfig `json:",inline"`

	// Targets dropped by relabeling that are kept for display. 0 means no limit. Needs Prometheus 2.47.0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	KeepDroppedTargets *int64 `json:"keepDroppedTargets,omitempty"`

	// Relabeling of scraped samples before they are stored.
	// +optional
	// +kubebuilder:validation:MinItems=1
	MetricRelabelConfigs []v1.RelabelConfig `json:"metricRelabelings,omitempty"`
	v1.ProxyConfig       `json:",inline"`

	// Characters that metric and label names may have. Needs Prometheus 3.0.0.
	// +optional
	NameValidationScheme *v1.NameValidationSchemeOptions `json:"nameValidationScheme,omitempty"`

	// How names outside of the classic character set are asked for. Needs Prometheus 3.4.0.
	// +optional
	NameEscapingScheme *v1.NameEscapingSchemeOptions `json:"nameEscapingScheme,omitempty"`

	// Name of the scrape class of the Prometheus whose settings apply. When unset, its default class applies.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ScrapeClassName *string `json:"scrapeClass,omitempty"`
}
