package promconfig

import (
	"cmp"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

type podMonitor v1.PodMonitor

func (m *podMonitor) kind() world.Kind               { return world.PodMonitor }
func (m *podMonitor) objectMeta() *metav1.ObjectMeta { return &m.ObjectMeta }
func (m *podMonitor) class() *string                 { return m.Spec.ScrapeClassName }
func (m *podMonitor) parts() int                     { return len(m.Spec.PodMetricsEndpoints) }

func (m *podMonitor) jobName(n int) string {
	return "podMonitor/" + m.Namespace + "/" + m.Name + "/" + strconv.Itoa(n)
}

func (m *podMonitor) inspect(in *inspector) {
	shared := m.Spec
	shared.PodMetricsEndpoints = nil
	in.walk(&shared)
	in.protocols(m.Spec.ScrapeProtocols)
}

func (m *podMonitor) inspectPart(in *inspector, n int) {
	ep := &m.Spec.PodMetricsEndpoints[n]
	in.walk(ep)
	in.at("targetPort", func() { in.port(ep.TargetPort) })
	in.timing(ep.Interval, ep.ScrapeTimeout)
}

// job is that of one endpoint, with the steps in upstream's order.
func (m *podMonitor) job(b *builder, n int) scrapeJob {
	ep, spec := &m.Spec.PodMetricsEndpoints[n], &m.Spec
	sd := b.discover("pod", spec.NamespaceSelector, m.Namespace)
	sd.AttachMetadata = b.attachMetadata(spec.AttachMetadata)
	if selectBy(spec.SelectorMechanism) {
		sd.Selectors = roleSelectors(spec.Selector, "pod")
	}
	job := scrapeJob{
		JobName:                  m.jobName(n),
		HonorLabels:              honorLabels(ep.HonorLabels, b.spec.OverrideHonorLabels),
		HonorTimestamps:          honorTimestamps(ep.HonorTimestamps, b.spec.OverrideHonorTimestamps),
		TrackTimestampsStaleness: ep.TrackTimestampsStaleness,
		KubernetesSDConfigs:      []kubernetesSD{sd},
		ScrapeInterval:           ep.Interval,
		ScrapeTimeout:            ep.ScrapeTimeout,
		MetricsPath:              ep.Path,
		Params:                   ep.Params,
		Scheme:                   ep.Scheme,
		httpClient:               b.client(ep.HTTPConfigWithoutTLS, ep.ProxyConfig, ""),
		limits: b.enforce(limits{
			spec.SampleLimit, spec.TargetLimit, spec.LabelLimit, spec.LabelNameLengthLimit, spec.LabelValueLengthLimit,
			spec.KeepDroppedTargets, spec.BodySizeLimit,
		}),
		NativeHistogramConfig:  spec.NativeHistogramConfig,
		ScrapeProtocols:        b.protocols(spec.ScrapeProtocols),
		FallbackScrapeProtocol: cmp.Or(spec.FallbackScrapeProtocol, b.class.FallbackScrapeProtocol),
		ExtraScrapeMetrics:     spec.ExtraScrapeMetrics,
		RelabelConfigs:         b.relabel(b.podSteps(m, ep), ep.RelabelConfigs, b.byAddress),
		MetricRelabelConfigs:   b.metricRelabel(ep.MetricRelabelConfigs),
	}
	job.TLSConfig = b.safeTLS(ep.TLSConfig)
	return job
}

// podSteps choose the selected pods and give them the labels that users know.
func (b *builder) podSteps(m *podMonitor, ep *v1.PodMetricsEndpoint) relabelings {
	steps, spec := b.startJob(), &m.Spec
	if ptr.Deref(ep.FilterRunning, true) {
		steps.running()
	}
	if !selectBy(spec.SelectorMechanism) {
		steps.selected("pod", spec.Selector)
	}
	steps.containerPort(podPort(ep))
	steps.rename("__meta_kubernetes_namespace", "namespace")
	steps.rename("__meta_kubernetes_pod_container_name", "container")
	steps.rename("__meta_kubernetes_pod_name", "pod")
	steps.copied("pod", spec.PodTargetLabels)
	steps.copied("pod", b.spec.PodTargetLabels)
	steps.set("job", m.Namespace+"/"+m.Name)
	steps.jobLabel("pod", spec.JobLabel)
	switch {
	case ptr.Deref(ep.Port, "") != "":
		steps.set("endpoint", *ep.Port)
	case ep.TargetPort != nil && ep.TargetPort.String() != "":
		steps.set("endpoint", ep.TargetPort.String())
	}
	return steps
}

// podPort is the port by name, else by number, else the deprecated field.
func podPort(ep *v1.PodMetricsEndpoint) intstr.IntOrString {
	switch {
	case ptr.Deref(ep.Port, "") != "":
		return intstr.FromString(*ep.Port)
	case ptr.Deref(ep.PortNumber, 0) != 0:
		return intstr.FromInt32(*ep.PortNumber)
	case ep.TargetPort != nil:
		return *ep.TargetPort
	}
	return intstr.IntOrString{}
}
