package promconfig

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	v1 "github.com/promloop/promloop/api/v1"
)

// tracing is the section of that name: the API's fields, with two enums in lower case.
func tracing(p *v1.PrometheusSpec) any {
	if p.TracingConfig == nil {
		return nil
	}
	out := *p.TracingConfig
	out.ClientType = lowered(out.ClientType)
	out.Compression = lowered(out.Compression)
	return out
}

func lowered(text *string) *string {
	if text == nil {
		return nil
	}
	return new(strings.ToLower(*text))
}

func (in *inspector) tracing(p *v1.PrometheusSpec) {
	t := p.TracingConfig
	if t == nil {
		return
	}
	in.at("spec.tracingConfig", func() {
		in.walk(t)
		if t.Endpoint == "" {
			in.at("endpoint", func() { in.fault(InvalidField, "it is needed") })
		}
		in.at("samplingFraction", func() { in.fraction(t.SamplingFraction, 1) })
		in.at("headers", func() { in.headers(t.Headers) })
	})
}

// fraction refuses what is below 0 or above the whole.
func (in *inspector) fraction(q *resource.Quantity, whole float64) {
	if q == nil {
		return
	}
	if f := q.AsApproximateFloat64(); f < 0 || f > whole {
		in.fault(InvalidField, "%s is not between 0 and %g", q.String(), whole)
	}
}
