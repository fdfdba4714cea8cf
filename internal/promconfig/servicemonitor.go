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

type serviceMonitor v1.ServiceMonitor

func (m *serviceMonitor) kind() world.Kind               { return world.ServiceMonitor }
func (m *serviceMonitor) objectMeta() *metav1.ObjectMeta { return &m.ObjectMeta }
func (m *serviceMonitor) class() *string                 { return m.Spec.ScrapeClassName }
func (m *serviceMonitor) parts() int                     { return len(m.Spec.Endpoints) }

func (m *serviceMonitor) jobName(n int) string {
	return "serviceMonitor/" + m.Namespace + "/" + m.Name + "/" + strconv.Itoa(n)
}

func (m *serviceMonitor) inspect(in *inspector) {
	shared := m.Spec
	shared.Endpoints = nil
	in.walk(&shared)
	in.protocols(m.Spec.ScrapeProtocols)
}

func (m *serviceMonitor) inspectPart(in *inspector, n int) {
	ep := &m.Spec.Endpoints[n]
	in.walk(ep)
	in.at("targetPort", func() { in.port(ep.TargetPort) })
	in.timing(ep.Interval, ep.ScrapeTimeout)
}

// job is that of one endpoint. The order of the steps is upstream's: it decides which label wins.
func (m *serviceMonitor) job(b *builder, n int) scrapeJob {
	ep, spec := &m.Spec.Endpoints[n], &m.Spec
	role := endpointRole(cmp.Or(spec.ServiceDiscoveryRole, b.spec.ServiceDiscoveryRole))
	sd := b.discover(role, spec.NamespaceSelector, m.Namespace)
	sd.AttachMetadata = b.attachMetadata(spec.AttachMetadata)
	if selectBy(spec.SelectorMechanism) {
		sd.Selectors = roleSelectors(spec.Selector, role, "service")
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
		httpClient:               b.client(ep.HTTPConfigWithoutTLS, ep.ProxyConfig, ep.BearerTokenFile),
		limits: b.enforce(limits{
			spec.SampleLimit, spec.TargetLimit, spec.LabelLimit, spec.LabelNameLengthLimit, spec.LabelValueLengthLimit,
			spec.KeepDroppedTargets, spec.BodySizeLimit,
		}),
		NativeHistogramConfig:  spec.NativeHistogramConfig,
		ScrapeProtocols:        b.protocols(spec.ScrapeProtocols),
		FallbackScrapeProtocol: cmp.Or(spec.FallbackScrapeProtocol, b.class.FallbackScrapeProtocol),
		ExtraScrapeMetrics:     spec.ExtraScrapeMetrics,
		RelabelConfigs:         b.relabel(b.serviceSteps(spec, ep, role), ep.RelabelConfigs, b.byAddress),
		MetricRelabelConfigs:   b.metricRelabel(ep.MetricRelabelConfigs),
	}
	job.TLSConfig = b.tls(ep.TLSConfig)
	return job
}

// serviceSteps choose the endpoints of the selected Services and give them the labels that users know.
func (b *builder) serviceSteps(spec *v1.ServiceMonitorSpec, ep *v1.Endpoint, role string) relabelings {
	steps := b.startJob()
	if !selectBy(spec.SelectorMechanism) {
		steps.selected("service", spec.Selector)
	}
	// Endpoints and EndpointSlices have the same labels under different prefixes.
	meta := metaEndpoints
	if role == "endpointslice" {
		meta = metaEndpointSlices
	}
	switch {
	case ep.Port != "":
		steps.keep(ep.Port, meta.portName)
	case ep.TargetPort != nil:
		steps.containerPort(*ep.TargetPort)
	}
	for _, target := range []struct{ regex, label string }{{"Node;(.*)", "node"}, {"Pod;(.*)", "pod"}} {
		steps = append(steps, relabeling{
			SourceLabels: meta.target, Separator: &semicolon, Regex: target.regex, Replacement: &wholeMatch, TargetLabel: target.label,
		})
	}
	steps.rename("__meta_kubernetes_namespace", "namespace")
	steps.rename("__meta_kubernetes_service_name", "service")
	steps.rename("__meta_kubernetes_pod_name", "pod")
	steps.rename("__meta_kubernetes_pod_container_name", "container")
	if ptr.Deref(ep.FilterRunning, true) {
		steps.running()
	}
	steps.copied("service", spec.TargetLabels)
	steps.copied("pod", spec.PodTargetLabels)
	steps.copied("pod", b.spec.PodTargetLabels)
	steps = append(steps, relabeling{
		SourceLabels: []v1.LabelName{"__meta_kubernetes_service_name"}, TargetLabel: "job", Replacement: &wholeMatch,
	})
	steps.jobLabel("service", spec.JobLabel)
	switch {
	case ep.Port != "":
		steps.set("endpoint", ep.Port)
	case ep.TargetPort != nil && ep.TargetPort.String() != "":
		steps.set("endpoint", ep.TargetPort.String())
	}
	return steps
}

type endpointLabels struct {
	portName v1.LabelName
	target   []v1.LabelName
}

var (
	metaEndpoints = endpointLabels{"__meta_kubernetes_endpoint_port_name", []v1.LabelName{
		"__meta_kubernetes_endpoint_address_target_kind", "__meta_kubernetes_endpoint_address_target_name",
	}}
	metaEndpointSlices = endpointLabels{"__meta_kubernetes_endpointslice_port_name", []v1.LabelName{
		"__meta_kubernetes_endpointslice_address_target_kind", "__meta_kubernetes_endpointslice_address_target_name",
	}}
)

// containerPort keeps the targets of one port of a container, by its name or number.
func (r *relabelings) containerPort(port intstr.IntOrString) {
	switch {
	case port.StrVal != "":
		r.keep(port.StrVal, "__meta_kubernetes_pod_container_port_name")
	case port.IntVal != 0:
		r.keep(port.String(), "__meta_kubernetes_pod_container_port_number")
	}
}

// running drops pods that have ended.
func (r *relabelings) running() { r.drop("(Failed|Succeeded)", "__meta_kubernetes_pod_phase") }

// copied gives targets labels of their Service or pod.
func (r *relabelings) copied(kind string, labels []string) {
	for _, label := range labels {
		from, _ := metaLabels(kind, label)
		r.renameIfSet(from, labelOf(label))
	}
}

// jobLabel names the job after a label, where the target has it.
func (r *relabelings) jobLabel(kind, label string) {
	if label != "" {
		from, _ := metaLabels(kind, label)
		r.renameIfSet(from, "job")
	}
}
