package world

import "k8s.io/apimachinery/pkg/types"

// Kind is the kind of an object that a Prometheus can select.
type Kind string

// The kinds that a Prometheus selects.
const (
	ServiceMonitor Kind = "ServiceMonitor"
	PodMonitor     Kind = "PodMonitor"
	Probe          Kind = "Probe"
	ScrapeConfig   Kind = "ScrapeConfig"
	PrometheusRule Kind = "PrometheusRule"
	Prometheus     Kind = "Prometheus"
)

// Object names one object.
type Object struct {
	Kind Kind
	types.NamespacedName
}

// Verdict says why an object was left out, wholly or in part. The zero Verdict means that it was taken.
type Verdict struct {
	// Reason is a word for machines, for example InvalidRegex.
	Reason string
	// Message says where it is wrong and what to do, for people.
	Message string
}

// Accepted reports whether v objects to nothing.
func (v Verdict) Accepted() bool { return v.Reason == "" }
