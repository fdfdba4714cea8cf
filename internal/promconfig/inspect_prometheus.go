package promconfig

import (
	"slices"

	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// reachesAPIServer inspects how Prometheus discovers targets. With a mistake there no job would find any.
func (run *run) reachesAPIServer() bool {
	in, config := run.ownInspector(), run.settings.spec.APIServerConfig
	if config == nil {
		return true
	}
	in.at("spec.apiserverConfig", func() {
		in.walk(config)
		in.at("host", func() { in.url(config.Host) })
	})
	run.faults = append(run.faults, in.faults...)
	return len(in.faults) == 0
}

// inspectGlobal looks at what every job has.
func (run *run) inspectGlobal(in *inspector) {
	s := run.settings
	g := s.global(run.world)
	in.at("spec", func() {
		for _, f := range []struct {
			name  string
			value any
		}{
			{"scrapeInterval", &g.ScrapeInterval}, {"scrapeTimeout", &g.ScrapeTimeout}, {"evaluationInterval", &g.EvaluationInterval},
			{"ruleQueryOffset", &g.RuleQueryOffset}, {"queryLogFile", &g.QueryLogFile}, {"scrapeFailureLogFile", &g.ScrapeFailureLogFile},
			{"externalLabels", &g.ExternalLabels}, {"bodySizeLimit", &g.BodySize}, {"enforcedBodySizeLimit", &s.spec.EnforcedBodySizeLimit},
			{"podTargetLabels", &s.spec.PodTargetLabels}, {"enforcedNamespaceLabel", &s.spec.EnforcedNamespaceLabel},
		} {
			in.at(f.name, func() { in.walk(f.value) })
		}
		in.timing(g.ScrapeInterval, g.ScrapeTimeout)
		in.at("externalLabels", func() { in.labelNames(g.ExternalLabels, in.scheme) })
		in.protocols(s.spec.ScrapeProtocols)
		if wrong := in.naming.exclusive(); wrong != "" && in.atLeast("3.4.0") {
			in.at("nameEscapingScheme", func() { in.fault(InvalidField, "%s", wrong) })
		}
		in.at("enforcedNamespaceLabel", func() {
			if label := s.spec.EnforcedNamespaceLabel; label != "" && !in.scheme.IsValidLabelName(label) {
				in.fault(InvalidLabel, "%q is no label name", label)
			}
		})
	})
}

// protocols refuses those that stand twice.
func (in *inspector) protocols(list []v1.ScrapeProtocol) {
	for i, p := range list {
		if slices.Contains(list[:i], p) {
			in.atIndex("scrapeProtocols", i, func() { in.fault(InvalidField, "%s stands twice", p) })
		}
	}
}

func (in *inspector) storage(p *v1.PrometheusSpec) {
	in.at("spec", func() {
		in.at("retention", func() { in.walk(&p.Retention) })
		in.at("retentionSize", func() { in.walk(&p.RetentionSize) })
		in.at("tsdb", func() { in.walk(&p.TSDB) })
		if p.TSDB != nil {
			in.at("tsdb.staleSeriesCompactionThreshold", func() { in.fraction(p.TSDB.StaleSeriesCompactionThreshold, 1) })
		}
		in.at("retentionPercentage", func() { in.fraction(p.RetentionPercentage, 100) })
		in.chunkEncoding(p)
	})
}

// chunkEncoding refuses what has no room for start timestamps while those are to be stored.
func (in *inspector) chunkEncoding(p *v1.PrometheusSpec) {
	if p.TSDB == nil || p.TSDB.ChunkEncoding == nil || ptr.Deref(p.TSDB.ChunkEncoding.Floats, "") != v1.ChunkEncodingFloatsXor {
		return
	}
	if slices.Contains(p.EnableFeatures, "st-storage") {
		in.at("tsdb.chunkEncoding.floats", func() { in.fault(InvalidField, "Xor has no room for what the feature st-storage stores") })
	}
}
