package random

import (
	"strings"

	"github.com/blang/semver/v4"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// naming has targets asked for no other names than are taken.
func naming(p *v1.PrometheusSpec) {
	if !isLegacy(p.NameValidationScheme) {
		return
	}
	escaped(&p.NameEscapingScheme)
	if p.OTLP != nil {
		p.OTLP.TranslationStrategy = nil
	}
}

// ownNaming does the same for a job, which before Prometheus 3.7.0 takes over what its Prometheus asks for.
func ownNaming(c *v1alpha1.ScrapeConfigSpec, p *v1.PrometheusSpec) {
	if !isLegacy(c.NameValidationScheme) && (c.NameValidationScheme != nil || !isLegacy(p.NameValidationScheme)) {
		return
	}
	escaped(&c.NameEscapingScheme)
	version := semver.MustParse(strings.TrimPrefix(p.Version, "v"))
	if c.NameValidationScheme != nil && c.NameEscapingScheme == nil && version.LT(semver.MustParse("3.7.0")) {
		c.NameEscapingScheme = new(v1.UnderscoresNameEscapingScheme)
	}
}

func isLegacy(scheme *v1.NameValidationSchemeOptions) bool {
	return scheme != nil && *scheme == v1.LegacyNameValidationScheme
}

func escaped(scheme **v1.NameEscapingSchemeOptions) {
	if *scheme != nil && **scheme == v1.AllowUTF8NameEscapingScheme {
		*scheme = new(v1.UnderscoresNameEscapingScheme)
	}
}
