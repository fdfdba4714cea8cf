package workload

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Probe figures are those of today's upstream, in seconds and counts.
const (
	probeTimeout      = 3
	probePeriod       = 5
	readinessFailures = 3
	livenessFailures  = 6
	// wedgedGrace is what a reloader gets that no longer answers. The pod's own grace is for Prometheus' data: ten minutes.
	wedgedGrace     = 5
	startupPeriod   = 15
	startupFailures = 60 // with the period: a quarter of an hour to replay the write-ahead log
)

func (b *builder) startupProbe() *corev1.Probe {
	period, failures := startupBudget(ptr.Deref(b.spec.MaximumStartupDurationSeconds, 0))
	return probe(b.prometheusEndpoint("/-/ready"), period, failures)
}

func (b *builder) readinessProbe() *corev1.Probe {
	return probe(b.prometheusEndpoint("/-/ready"), probePeriod, readinessFailures)
}

func (b *builder) livenessProbe() *corev1.Probe {
	return probe(b.prometheusEndpoint("/-/healthy"), probePeriod, livenessFailures)
}

func probe(handler corev1.ProbeHandler, period, failures int32) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: handler, TimeoutSeconds: probeTimeout, PeriodSeconds: period, FailureThreshold: failures}
}

// startupBudget spreads the seconds that Prometheus may take to start over probes about a minute apart. Less than a minute is
// not asked for: the API refuses it.
func startupBudget(seconds int32) (period, failures int32) {
	if seconds < 60 {
		return startupPeriod, startupFailures
	}
	failures = roundUp(seconds, 60)
	return roundUp(seconds, failures), failures
}

// roundUp divides and rounds up.
func roundUp(a, b int32) int32 { return (a + b - 1) / b }

// prometheusEndpoint asks Prometheus over the network, or from within its container when it only listens there.
func (b *builder) prometheusEndpoint(page string) corev1.ProbeHandler {
	if b.spec.ListenLocal {
		url := b.scheme() + "://localhost:9090" + b.pagePath(page)
		script := `if command -v curl >/dev/null; then exec curl --fail --silent --insecure --output /dev/null ` + url +
			`; else exec wget -q --no-check-certificate -O /dev/null ` + url + `; fi`
		return corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"sh", "-c", script}}}
	}
	get := &corev1.HTTPGetAction{Path: b.pagePath(page), Port: intstr.FromString(b.portName())}
	if b.servesTLS() {
		get.Scheme = corev1.URISchemeHTTPS
	}
	return corev1.ProbeHandler{HTTPGet: get}
}

// pagePath is the path of one of Prometheus' own pages, behind its route prefix, which may lack its slash.
func (b *builder) pagePath(page string) string { return path.Join("/", b.routePrefix(), page) }

func (b *builder) routePrefix() string { return firstNotBlank(b.spec.RoutePrefix, "/") }

func (b *builder) portName() string { return firstNotBlank(b.spec.PortName, defaultPortName) }

func (b *builder) servesTLS() bool { return b.spec.Web != nil && b.spec.Web.TLSConfig != nil }

func (b *builder) scheme() string {
	if b.servesTLS() {
		return "https"
	}
	return "http"
}

// localURL is a page of Prometheus as the other containers of the pod reach it.
func (b *builder) localURL(page string) string {
	return b.scheme() + "://" + firstNotBlank(b.options.LocalHost, "localhost") + ":9090" + b.pagePath(page)
}
