package world

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Kind is a kind of monitoring.coreos.com.
type Kind string

// The kinds that the operator knows.
const (
	ServiceMonitor Kind = "ServiceMonitor"
	PodMonitor     Kind = "PodMonitor"
	Probe          Kind = "Probe"
	ScrapeConfig   Kind = "ScrapeConfig"
	PrometheusRule Kind = "PrometheusRule"
	Prometheus     Kind = "Prometheus"
)

// Selectable are the kinds that a Prometheus selects.
var Selectable = []Kind{ServiceMonitor, PodMonitor, Probe, ScrapeConfig, PrometheusRule}

// Object names one object.
type Object struct {
	Kind Kind
	types.NamespacedName
}

// ObjectOf names o, an object of kind.
func ObjectOf(kind Kind, o metav1.Object) Object {
	return Object{Kind: kind, NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}}
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
