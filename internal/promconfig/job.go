package promconfig

import (
	"cmp"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// scrapeJob is one entry of scrape_configs.
type scrapeJob struct {
	JobName                  string              `yaml:"job_name"`
	HonorLabels              *bool               `yaml:"honor_labels"`
	HonorTimestamps          *bool               `yaml:"honor_timestamps"`
	TrackTimestampsStaleness *bool               `yaml:"track_timestamps_staleness" since:"2.48.0"`
	ScrapeInterval           v1.Duration         `yaml:"scrape_interval"`
	ScrapeTimeout            v1.Duration         `yaml:"scrape_timeout"`
	ScrapeProtocols          []v1.ScrapeProtocol `yaml:"scrape_protocols" since:"2.49.0"`
	FallbackScrapeProtocol   *v1.ScrapeProtocol  `yaml:"fallback_scrape_protocol" since:"3.0.0"`
	MetricsPath              string              `yaml:"metrics_path"`
	Params                   map[string][]string `yaml:"params"`
	Scheme                   *v1.Scheme          `yaml:"scheme"`
	EnableCompression        *bool               `yaml:"enable_compression" since:"2.49.0"`
	httpClient
	limits
	v1.NativeHistogramConfig
	ExtraScrapeMetrics   *bool                           `yaml:"extra_scrape_metrics" since:"3.10.0"`
	NameValidationScheme *v1.NameValidationSchemeOptions `yaml:"metric_name_validation_scheme" since:"3.0.0"`
	NameEscapingScheme   *v1.NameEscapingSchemeOptions   `yaml:"metric_name_escaping_scheme" since:"3.4.0"`
	KubernetesSDConfigs  []kubernetesSD                  `yaml:"kubernetes_sd_configs"`
	StaticConfigs        []staticConfig                  `yaml:"static_configs"`
	discoveries
	RelabelConfigs       relabelings `yaml:"relabel_configs"`
	MetricRelabelConfigs relabelings `yaml:"metric_relabel_configs"`
}

type staticConfig struct {
	Targets []string          `yaml:"targets"`
	Labels  map[string]string `yaml:"labels"`
}

// limits bound what one scrape may bring.
type limits struct {
	Sample           *int64       `yaml:"sample_limit"`
	Target           *int64       `yaml:"target_limit"`
	Label            *int64       `yaml:"label_limit"`
	LabelNameLength  *int64       `yaml:"label_name_length_limit"`
	LabelValueLength *int64       `yaml:"label_value_length_limit"`
	KeepDropped      *int64       `yaml:"keep_dropped_targets" since:"2.47.0"`
	BodySize         *v1.ByteSize `yaml:"body_size_limit"`
}

// enforce bounds the limits of one job. Where it asks for none, the limit stands in the global section already.
func (s *settings) enforce(asked limits) limits {
	p := s.spec
	asked.Sample = atMost(asked.Sample, p.EnforcedSampleLimit)
	asked.Target = atMost(asked.Target, p.EnforcedTargetLimit)
	asked.Label = atMost(asked.Label, p.EnforcedLabelLimit)
	asked.LabelNameLength = atMost(asked.LabelNameLength, p.EnforcedLabelNameLengthLimit)
	asked.LabelValueLength = atMost(asked.LabelValueLength, p.EnforcedLabelValueLengthLimit)
	asked.KeepDropped = atMost(asked.KeepDropped, p.EnforcedKeepDroppedTargets)
	if p.EnforcedBodySizeLimit != "" && byteSize(ptr.Deref(asked.BodySize, "")) > byteSize(p.EnforcedBodySizeLimit) || ptr.Deref(asked.BodySize, "") == "" {
		asked.BodySize = emptyToNil(p.EnforcedBodySizeLimit)
	}
	return asked
}

// atMost is the lower of two limits. Zero is no limit, as in Prometheus.
func atMost(asked, enforced *int64) *int64 {
	bound := ptr.Deref(enforced, 0)
	switch wanted := ptr.Deref(asked, 0); {
	case bound == 0:
		return asked
	case wanted == 0:
		return nil
	case wanted > bound:
		return enforced
	}
	return asked
}

func emptyToNil[T ~string](value T) *T {
	if value == "" {
		return nil
	}
	return &value
}

// builder makes the jobs of one object.
type builder struct {
	*settings
	scope *scope
	kind  world.Kind
	meta  *metav1.ObjectMeta
	class scrapeClass
	// steps is room for the steps of one job.
	steps *relabelings
}

// tls is an object's own TLS configuration, completed by its class.
func (b *builder) tls(own *v1.TLSConfig) *tlsConfig {
	if own == nil {
		return b.class.mergeTLS(nil)
	}
	return b.class.mergeTLS(new(b.scope.tls(*own)))
}

// safeTLS is the same for objects that can't name files. One without any field counts as none.
func (b *builder) safeTLS(own *v1.SafeTLSConfig) *tlsConfig {
	if own == nil || *own == (v1.SafeTLSConfig{}) {
		return b.class.mergeTLS(nil)
	}
	return b.tls(&v1.TLSConfig{SafeTLSConfig: *own})
}

// client is how targets are reached. The class' authorization counts where the object brings no other way to authenticate:
// Prometheus refuses two.
func (b *builder) client(c v1.HTTPConfigWithoutTLS, p v1.ProxyConfig, bearerTokenFile string) httpClient {
	out := httpClient{
		FollowRedirects: c.FollowRedirects,
		EnableHTTP2:     c.EnableHTTP2,
		BasicAuth:       b.scope.basicAuth(c.BasicAuth),
		BearerToken:     b.scope.optionalKey(c.BearerTokenSecret),
		BearerTokenFile: bearerTokenFile,
		OAuth2:          c.OAuth2,
		proxy:           b.scope.proxy(p),
	}
	if c.Authorization != nil && *c.Authorization != (v1.SafeAuthorization{}) {
		out.Authorization = new(b.scope.safeAuthorization(*c.Authorization))
	}
	if out.BasicAuth == nil && out.BearerToken == "" && bearerTokenFile == "" && out.OAuth2 == nil {
		out.Authorization = b.class.mergeAuthorization(out.Authorization)
	}
	return out
}

// honor answers whether labels or timestamps of a target count; the Prometheus can override it.
func honorLabels(asked, override bool) *bool { return new(asked && !override) }

func honorTimestamps(asked *bool, override bool) *bool {
	if override {
		return new(false)
	}
	return asked
}

// attachMetadata asks Kubernetes for the node's labels too. Zones need them.
func (b *builder) attachMetadata(own *v1.AttachMetadata) *v1.AttachMetadata {
	if b.sharding.zones > 0 {
		return &v1.AttachMetadata{Node: new(true)}
	}
	if asked := cmp.Or(own, b.class.AttachMetadata); asked != nil {
		return &v1.AttachMetadata{Node: new(ptr.Deref(asked.Node, false))}
	}
	return nil
}

// protocols leaves out what the version does not know.
func (s *settings) protocols(asked []v1.ScrapeProtocol) []v1.ScrapeProtocol {
	var out []v1.ScrapeProtocol
	for _, p := range asked {
		if p != v1.PrometheusText1_0_0 || s.version.Major >= 3 {
			out = append(out, p)
		}
	}
	return out
}

// relabel completes the lists of steps: the class' first, then the object's own, then what may not be undone.
func (b *builder) relabel(steps relabelings, own []v1.RelabelConfig, shard relabelings) relabelings {
	steps.add(b.class.Relabelings)
	steps.add(own)
	steps = append(steps, b.enforced(b.kind, b.meta)...)
	*b.steps = append(steps, shard...)
	return *b.steps
}

func (b *builder) metricRelabel(own []v1.RelabelConfig) relabelings {
	var steps relabelings
	steps.add(b.class.MetricRelabelings)
	steps.add(own)
	return append(steps, b.enforced(b.kind, b.meta)...)
}

// startJob keeps the job's own name where later steps still find it. The list is written over by the next job.
func (b *builder) startJob() relabelings {
	steps := (*b.steps)[:0]
	steps.rename("job", "__tmp_prometheus_job_name")
	return steps
}
