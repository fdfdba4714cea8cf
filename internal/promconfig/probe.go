package promconfig

import (
	"cmp"
	"maps"
	"net"
	"regexp"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

type probe v1.Probe

func (p *probe) kind() world.Kind               { return world.Probe }
func (p *probe) objectMeta() *metav1.ObjectMeta { return &p.ObjectMeta }
func (p *probe) class() *string                 { return p.Spec.ScrapeClassName }
func (p *probe) parts() int                     { return 1 }
func (p *probe) jobName(int) string             { return "probe/" + p.Namespace + "/" + p.Name }

func (p *probe) inspect(in *inspector) {
	in.walk(&p.Spec)
	in.protocols(p.Spec.ScrapeProtocols)
	in.timing(p.Spec.Interval, p.Spec.ScrapeTimeout)
	if url := p.Spec.ProberSpec.URL; !isHostPort(url) {
		in.at("prober.url", func() { in.fault(InvalidTarget, "%q is no host or host:port", url) })
	}
	static, ingress := p.Spec.Targets.StaticConfig, p.Spec.Targets.Ingress
	switch {
	case static == nil && ingress == nil:
		in.at("targets", func() { in.fault(InvalidTarget, "set staticConfig or ingress") })
	case static != nil && len(static.Targets) == 0:
		in.at("targets.staticConfig.static", func() { in.fault(InvalidTarget, "there is no target to probe") })
	}
	if static != nil {
		in.at("targets.staticConfig.labels", func() { in.targetLabels(static.Labels) })
	}
}

func (p *probe) inspectPart(*inspector, int) {}

// isHostPort accepts a host name or an IP address, with or without a port.
func isHostPort(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return isHost(text)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return isHost(host) && err == nil && n > 0
}

var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.?$`)

// isHost is lenient with names: underscores and a dot at the end resolve too.
func isHost(text string) bool {
	return net.ParseIP(text) != nil || hostName.MatchString(text) && len(text) <= validation.DNS1123SubdomainMaxLength
}

// job probes each target through the prober. A list of targets wins over an ingress.
func (p *probe) job(b *builder, _ int) scrapeJob {
	spec := &p.Spec
	client := spec.HTTPConfigWithoutTLS
	client.Authorization = spec.Authorization // the field of the same name in the embedded struct can't be reached from outside
	job := scrapeJob{
		JobName:         p.jobName(0),
		HonorTimestamps: honorTimestamps(new(true), b.spec.OverrideHonorTimestamps),
		ScrapeInterval:  spec.Interval,
		ScrapeTimeout:   spec.ScrapeTimeout,
		MetricsPath:     cmp.Or(spec.ProberSpec.Path, "/probe"),
		Params:          probeParams(spec),
		Scheme:          spec.ProberSpec.Scheme,
		httpClient:      b.client(client, spec.ProberSpec.ProxyConfig, ""),
		limits: b.enforce(limits{
			spec.SampleLimit, spec.TargetLimit, spec.LabelLimit, spec.LabelNameLengthLimit, spec.LabelValueLengthLimit,
			spec.KeepDroppedTargets, nil,
		}),
		NativeHistogramConfig:  spec.NativeHistogramConfig,
		ScrapeProtocols:        b.protocols(spec.ScrapeProtocols),
		FallbackScrapeProtocol: cmp.Or(spec.FallbackScrapeProtocol, b.class.FallbackScrapeProtocol),
		ExtraScrapeMetrics:     spec.ExtraScrapeMetrics,
		MetricRelabelConfigs:   b.metricRelabel(spec.MetricRelabelConfigs),
	}
	job.TLSConfig = b.safeTLS(spec.TLSConfig)
	steps := b.startJob()
	if spec.JobName != "" {
		steps.set("job", spec.JobName)
	}
	if spec.Targets.StaticConfig != nil {
		p.static(b, &job, steps)
		return job
	}
	p.ingress(b, &job, steps)
	return job
}

func probeParams(spec *v1.ProbeSpec) map[string][]string {
	params := map[string][]string{}
	for _, p := range spec.Params {
		params[p.Name] = p.Values
	}
	if spec.Module != "" {
		params["module"] = []string{spec.Module}
	}
	return params
}

func (p *probe) static(b *builder, job *scrapeJob, steps relabelings) {
	static := p.Spec.Targets.StaticConfig
	labels := map[string]string{"namespace": p.Namespace}
	maps.Copy(labels, static.Labels)
	job.StaticConfigs = []staticConfig{{Targets: static.Targets, Labels: labels}}
	steps.rename("__address__", "__param_target")
	steps.rename("__param_target", "instance")
	steps.set("__address__", p.Spec.ProberSpec.URL)
	job.RelabelConfigs = b.relabel(steps, static.RelabelConfigs, b.byTarget)
}

func (p *probe) ingress(b *builder, job *scrapeJob, steps relabelings) {
	ingress := p.Spec.Targets.Ingress
	job.KubernetesSDConfigs = []kubernetesSD{b.discover("ingress", ingress.NamespaceSelector, p.Namespace)}
	steps.selected("ingress", ingress.Selector)
	address, wholeAddress := "${1}://${2}${3}", "$1"
	steps = append(steps, relabeling{
		SourceLabels: []v1.LabelName{"__meta_kubernetes_ingress_scheme", "__address__", "__meta_kubernetes_ingress_path"},
		Separator:    &semicolon, Regex: "(.+);(.+);(.+)", TargetLabel: "__param_target", Replacement: &address, Action: "replace",
	})
	steps.rename("__meta_kubernetes_namespace", "namespace")
	steps.rename("__meta_kubernetes_ingress_name", "ingress")
	steps = append(steps, relabeling{
		SourceLabels: []v1.LabelName{"__address__"}, Separator: &semicolon, Regex: "(.*)",
		TargetLabel: "__tmp_ingress_address", Replacement: &wholeAddress, Action: "replace",
	})
	steps.rename("__param_target", "instance")
	steps.set("__address__", p.Spec.ProberSpec.URL)
	job.RelabelConfigs = b.relabel(steps, ingress.RelabelConfigs, b.byTarget)
}
