package promconfig

import (
	"cmp"
	"maps"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// global is the section of that name.
type global struct {
	ScrapeInterval                 v1.Duration                     `yaml:"scrape_interval"`
	ScrapeTimeout                  v1.Duration                     `yaml:"scrape_timeout"`
	ScrapeProtocols                []v1.ScrapeProtocol             `yaml:"scrape_protocols" since:"2.49.0"`
	EvaluationInterval             v1.Duration                     `yaml:"evaluation_interval"`
	RuleQueryOffset                *v1.Duration                    `yaml:"rule_query_offset" since:"2.53.0"`
	QueryLogFile                   string                          `yaml:"query_log_file"`
	ScrapeFailureLogFile           string                          `yaml:"scrape_failure_log_file" since:"2.55.0"`
	ExternalLabels                 map[string]string               `yaml:"external_labels"`
	limits                                                         // what every job has that asks for none
	NameValidationScheme           *v1.NameValidationSchemeOptions `yaml:"metric_name_validation_scheme" since:"3.0.0"`
	NameEscapingScheme             *v1.NameEscapingSchemeOptions   `yaml:"metric_name_escaping_scheme" since:"3.4.0"`
	ConvertClassicHistogramsToNHCB *bool                           `yaml:"convert_classic_histograms_to_nhcb" since:"3.4.0"`
	AlwaysScrapeClassicHistograms  *bool                           `yaml:"always_scrape_classic_histograms" since:"3.5.0"`
	ScrapeNativeHistograms         *bool                           `yaml:"scrape_native_histograms" since:"3.8.0"`
	ExtraScrapeMetrics             *bool                           `yaml:"extra_scrape_metrics" since:"3.10.0"`
}

// defaultInterval is the CRD's, for objects that never went through an API server.
const defaultInterval = "30s"

func (s *settings) global(w *world.World) global {
	p := s.spec
	return global{
		ScrapeInterval:                 s.scrapeInterval(),
		ScrapeTimeout:                  p.ScrapeTimeout,
		ScrapeProtocols:                s.protocols(p.ScrapeProtocols),
		EvaluationInterval:             v1.Duration(cmp.Or(string(p.EvaluationInterval), defaultInterval)),
		RuleQueryOffset:                p.RuleQueryOffset,
		QueryLogFile:                   logFile(p.QueryLogFile),
		ScrapeFailureLogFile:           logFile(ptr.Deref(p.ScrapeFailureLogFile, "")),
		ExternalLabels:                 s.externalLabels(w),
		limits:                         globalLimits(p),
		NameValidationScheme:           p.NameValidationScheme,
		NameEscapingScheme:             p.NameEscapingScheme,
		ConvertClassicHistogramsToNHCB: p.ConvertClassicHistogramsToNHCB,
		AlwaysScrapeClassicHistograms:  p.ScrapeClassicHistograms,
		ScrapeNativeHistograms:         p.ScrapeNativeHistograms,
		ExtraScrapeMetrics:             p.ExtraScrapeMetrics,
	}
}

// oursAlone makes a configuration that only promloop's reloaders can finish as long as a pod still has prometheus-operator's. Those
// write whatever the Secret holds, and Prometheus would run without rules, which it does not find where ours are; what is no duration
// it refuses as a whole, and goes on with what it has until the pod is replaced.
func (g global) oursAlone(w *world.World) global {
	if !w.Options.ForeignReloaders && slices.ContainsFunc(w.Pods, hasTheirReloader) {
		g.EvaluationInterval += "$(" + contract.OursAlone + ")"
	}
	return g
}

func hasTheirReloader(pod *corev1.Pod) bool {
	return !slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == workload.RulesReloader })
}

func (s *settings) scrapeInterval() v1.Duration {
	return v1.Duration(cmp.Or(string(s.spec.ScrapeInterval), defaultInterval))
}

// logFile puts a bare file name where Prometheus may write.
func logFile(name string) string {
	if name == "" || path.Dir(name) != "." {
		return name
	}
	return path.Join("/var/log/prometheus", name)
}

// externalLabels are the user's, and those that tell Prometheus servers and their replicas apart, which the user can rename but
// not redefine.
func (s *settings) externalLabels(w *world.World) map[string]string {
	own := map[string]string{
		ptr.Deref(s.spec.PrometheusExternalLabelName, "prometheus"):      w.Prometheus.Namespace + "/" + w.Prometheus.Name,
		ptr.Deref(s.spec.ReplicaExternalLabelName, "prometheus_replica"): "$(POD_NAME)",
	}
	if s.sharding.zones > 0 {
		own[ptr.Deref(s.spec.ShardingStrategy.Topology.ExternalLabelName, "zone")] = "$(TOPOLOGY_ZONE)"
	}
	delete(own, "") // renamed to nothing is left out
	labels := maps.Clone(s.spec.ExternalLabels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, own)
	return labels
}

func globalLimits(p *v1.PrometheusSpec) limits {
	return limits{
		Sample:           globalLimit(p.SampleLimit, p.EnforcedSampleLimit),
		Target:           globalLimit(p.TargetLimit, p.EnforcedTargetLimit),
		Label:            globalLimit(p.LabelLimit, p.EnforcedLabelLimit),
		LabelNameLength:  globalLimit(p.LabelNameLengthLimit, p.EnforcedLabelNameLengthLimit),
		LabelValueLength: globalLimit(p.LabelValueLengthLimit, p.EnforcedLabelValueLengthLimit),
		KeepDropped:      globalLimit(p.KeepDroppedTargets, p.EnforcedKeepDroppedTargets),
		BodySize:         cmp.Or(p.BodySizeLimit, emptyToNil(p.EnforcedBodySizeLimit)),
	}
}

// globalLimit is the lower of the two; zero is no limit.
func globalLimit(asked, enforced *int64) *int64 {
	a, e := ptr.Deref(asked, 0), ptr.Deref(enforced, 0)
	if a == 0 || e > 0 && e < a {
		a = e
	}
	if a <= 0 {
		return nil
	}
	return &a
}
