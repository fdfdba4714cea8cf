package promconfig

import (
	"github.com/prometheus/common/model"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
)

// References are the values in Secrets and ConfigMaps that an object's part of the configuration needs, each once, in the order
// of its fields. Of a Prometheus they are those that its configuration needs; what its pods mount is not among them. A name that
// no object can have is left out. Other kinds have none.
func References(obj any) []world.Reference {
	in := referencing()
	switch o := obj.(type) {
	case *v1.Prometheus:
		in.namespace = o.Namespace
		for _, part := range partsOf(o) {
			in.at(part.path, func() { in.walk(part.value) })
		}
	case *v1.ServiceMonitor:
		in.namespace = o.Namespace
		in.walk(&o.Spec)
	case *v1.PodMonitor:
		in.namespace = o.Namespace
		in.walk(&o.Spec)
	case *v1.Probe:
		in.namespace = o.Namespace
		in.walk(&o.Spec)
	case *v1alpha1.ScrapeConfig:
		in.namespace = o.Namespace
		in.walk(&o.Spec)
	}
	return unique(in.refs)
}

// referencing is an inspector that is asked for references alone.
func referencing() *inspector { return &inspector{rules: rules{scheme: model.UTF8Validation}} }

func unique(refs []world.Reference) []world.Reference {
	seen := map[world.Reference]bool{}
	var out []world.Reference
	for _, r := range refs {
		if !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

// classReferences are those that any job may need.
func classReferences(p *v1.Prometheus) []world.Reference {
	in := referencing()
	in.namespace = p.Namespace
	in.walk(&p.Spec.ScrapeClasses)
	in.walk(&p.Spec.APIServerConfig)
	return in.refs
}

// part is a field of a Prometheus that its configuration is made of.
type part struct {
	path  string
	value any
}

func partsOf(p *v1.Prometheus) []part {
	s := &p.Spec
	return []part{
		{"spec.apiserverConfig", &s.APIServerConfig},
		{"spec.scrapeClasses", &s.ScrapeClasses},
		{"spec.alerting", &s.Alerting},
		{"spec.remoteWrite", &s.RemoteWrite},
		{"spec.remoteRead", &s.RemoteRead},
		{"spec.tracingConfig", &s.TracingConfig},
		{"spec.additionalScrapeConfigs", &s.AdditionalScrapeConfigs},
		{"spec.additionalAlertRelabelConfigs", &s.AdditionalAlertRelabelConfigs},
		{"spec.additionalAlertManagerConfigs", &s.AdditionalAlertManagerConfigs},
	}
}
