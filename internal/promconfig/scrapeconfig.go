package promconfig

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
)

type scrapeConfig v1alpha1.ScrapeConfig

func (c *scrapeConfig) kind() world.Kind               { return world.ScrapeConfig }
func (c *scrapeConfig) objectMeta() *metav1.ObjectMeta { return &c.ObjectMeta }
func (c *scrapeConfig) class() *string                 { return c.Spec.ScrapeClassName }
func (c *scrapeConfig) parts() int                     { return 1 }
func (c *scrapeConfig) jobName(int) string             { return "scrapeConfig/" + c.Namespace + "/" + c.Name }

func (c *scrapeConfig) inspect(in *inspector) {
	if wrong := in.judgeNames(namingOf(c.Spec.NameValidationScheme, c.Spec.NameEscapingScheme)); wrong != "" {
		in.at("nameEscapingScheme", func() { in.fault(InvalidField, "%s", wrong) })
	}
	in.walk(&c.Spec)
	in.timing(ptr.Deref(c.Spec.ScrapeInterval, ""), ptr.Deref(c.Spec.ScrapeTimeout, ""))
	in.discoveries(&c.Spec)
}

func (c *scrapeConfig) inspectPart(*inspector, int) {}

// job has the fields of the object as they are.
func (c *scrapeConfig) job(b *builder, _ int) scrapeJob {
	spec := &c.Spec
	job := scrapeJob{
		JobName:                  c.jobName(0),
		HonorTimestamps:          spec.HonorTimestamps,
		TrackTimestampsStaleness: spec.TrackTimestampsStaleness,
		ScrapeInterval:           ptr.Deref(spec.ScrapeInterval, ""),
		ScrapeTimeout:            ptr.Deref(spec.ScrapeTimeout, ""),
		ScrapeProtocols:          b.protocols(spec.ScrapeProtocols),
		FallbackScrapeProtocol:   cmp.Or(spec.FallbackScrapeProtocol, b.class.FallbackScrapeProtocol),
		MetricsPath:              ptr.Deref(spec.MetricsPath, ""),
		Params:                   spec.Params,
		Scheme:                   spec.Scheme,
		EnableCompression:        spec.EnableCompression,
		httpClient: b.client(v1.HTTPConfigWithoutTLS{
			Authorization: spec.Authorization, BasicAuth: spec.BasicAuth, OAuth2: spec.OAuth2, EnableHTTP2: spec.EnableHTTP2,
		}, spec.ProxyConfig, ""),
		limits: b.enforce(limits{
			spec.SampleLimit, spec.TargetLimit, spec.LabelLimit, spec.LabelNameLengthLimit, spec.LabelValueLengthLimit,
			spec.KeepDroppedTargets, spec.BodySizeLimit,
		}),
		NativeHistogramConfig: spec.NativeHistogramConfig,
		ExtraScrapeMetrics:    spec.ExtraScrapeMetrics,
		NameValidationScheme:  spec.NameValidationScheme,
		NameEscapingScheme:    spec.NameEscapingScheme,
		discoveries:           discoveriesOf(spec),
		RelabelConfigs:        c.steps(b),
		MetricRelabelConfigs:  b.metricRelabel(spec.MetricRelabelConfigs),
	}
	job.TLSConfig = b.safeTLS(spec.TLSConfig)
	if spec.HonorLabels != nil {
		job.HonorLabels = honorLabels(*spec.HonorLabels, b.spec.OverrideHonorLabels)
	}
	if b.spec.OverrideHonorTimestamps {
		job.HonorTimestamps = new(false)
	}
	return job
}

// steps have the class before the job's name, unlike those of monitors. Sharding is left to the user who does it already.
func (c *scrapeConfig) steps(b *builder) relabelings {
	steps := b.startJob()
	steps.add(b.class.Relabelings)
	if c.Spec.JobName != nil {
		steps = append(steps, relabeling{TargetLabel: "job", Action: "replace", Replacement: c.Spec.JobName})
	}
	steps.add(c.Spec.RelabelConfigs)
	steps = append(steps, b.enforced(b.kind, b.meta)...)
	if b.sharding.shards > 1 && !steps.hash() {
		steps = append(steps, b.byAddress...)
	}
	return steps
}
