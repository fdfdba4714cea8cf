package promconfig

import (
	"strings"

	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// otlp is the section of that name, since Prometheus 2.55.0. Without a field it is left out.
func (s *settings) otlp() any {
	if s.spec.OTLP == nil || !s.atLeast("2.55.0") {
		return nil
	}
	return *s.spec.OTLP
}

// otlp inspects what Prometheus refuses to combine.
func (in *inspector) otlp(p *v1.PrometheusSpec, s *settings) {
	o := p.OTLP
	if o == nil {
		return
	}
	in.at("spec.otlp", func() {
		in.walk(o)
		strategy := ptr.Deref(o.TranslationStrategy, "")
		for _, needs := range []struct {
			strategy v1.TranslationStrategyOption
			since    string
		}{{v1.NoTranslation, "3.4.0"}, {v1.UnderscoreEscapingWithoutSuffixes, "3.6.0"}} {
			if strategy == needs.strategy && !s.atLeast(needs.since) {
				in.at("translationStrategy", func() { in.fault(UnsupportedVersion, "%s needs Prometheus %s", strategy, needs.since) })
			}
		}
		keepsUTF8 := strategy == v1.NoUTF8EscapingWithSuffixes || strategy == v1.NoTranslation
		if keepsUTF8 && ptr.Deref(p.NameValidationScheme, "") == v1.LegacyNameValidationScheme {
			in.at("translationStrategy", func() { in.fault(InvalidField, "%s needs nameValidationScheme UTF8", strategy) })
		}
		in.attributes(o)
	})
}

func (in *inspector) attributes(o *v1.OTLPConfig) {
	all := ptr.Deref(o.PromoteAllResourceAttributes, false)
	if all && len(o.PromoteResourceAttributes) > 0 {
		in.fault(InvalidField, "set either promoteAllResourceAttributes or promoteResourceAttributes, not both")
	}
	if !all && len(o.IgnoreResourceAttributes) > 0 {
		in.fault(InvalidField, "ignoreResourceAttributes needs promoteAllResourceAttributes")
	}
	in.at("promoteResourceAttributes", func() { in.distinct(o.PromoteResourceAttributes) })
	in.at("ignoreResourceAttributes", func() { in.distinct(o.IgnoreResourceAttributes) })
}

// distinct refuses empty and repeated names.
func (in *inspector) distinct(names []string) {
	seen := map[string]bool{"": true}
	for i, name := range names {
		if name = strings.TrimSpace(name); seen[name] {
			in.fault(InvalidField, "item %d is empty or stands twice", i)
		}
		seen[name] = true
	}
}
