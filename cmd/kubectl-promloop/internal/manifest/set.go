package manifest

import (
	"encoding/json"
	"fmt"
	"regexp"

	yaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsjson "sigs.k8s.io/json"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
)

// Set is what was read.
type Set struct {
	Prometheuses    []*v1.Prometheus
	ServiceMonitors []*v1.ServiceMonitor
	PodMonitors     []*v1.PodMonitor
	Probes          []*v1.Probe
	ScrapeConfigs   []*v1alpha1.ScrapeConfig
	Rules           []*v1.PrometheusRule
	Namespaces      []*corev1.Namespace
	Secrets         []*corev1.Secret
	ConfigMaps      []*corev1.ConfigMap

	places map[world.Object]document
}

// add decodes an object into its place. Fields that its kind does not have are told, and the rest is taken.
func (s *Set) add(d document) []Problem {
	switch kindOf(d.node) {
	case "monitoring.coreos.com/v1 Prometheus":
		return decode(s, d, world.Prometheus, &s.Prometheuses)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return decode(s, d, world.ServiceMonitor, &s.ServiceMonitors)
	case "monitoring.coreos.com/v1 PodMonitor":
		return decode(s, d, world.PodMonitor, &s.PodMonitors)
	case "monitoring.coreos.com/v1 Probe":
		return decode(s, d, world.Probe, &s.Probes)
	case "monitoring.coreos.com/v1 PrometheusRule":
		return decode(s, d, world.PrometheusRule, &s.Rules)
	case "monitoring.coreos.com/v1alpha1 ScrapeConfig":
		return decode(s, d, world.ScrapeConfig, &s.ScrapeConfigs)
	case "v1 Namespace":
		return decode(s, d, "Namespace", &s.Namespaces)
	case "v1 Secret":
		return decode(s, d, "Secret", &s.Secrets)
	case "v1 ConfigMap":
		return decode(s, d, "ConfigMap", &s.ConfigMaps)
	}
	return nil
}

func kindOf(node *yaml.Node) string {
	version, kind := valueOf(node, "apiVersion"), valueOf(node, "kind")
	if version == nil || kind == nil {
		return ""
	}
	return version.Value + " " + kind.Value
}

func decode[T any, P interface {
	*T
	client.Object
}](s *Set, d document, kind world.Kind, into *[]P) []Problem {
	o := P(new(T))
	data, err := asJSON(d.node)
	if err != nil {
		return []Problem{{File: d.file, Line: d.node.Line, Object: string(kind), Message: err.Error()}}
	}
	unknown, err := sigsjson.UnmarshalStrict(data, o)
	if err != nil {
		return []Problem{{File: d.file, Line: d.node.Line, Object: string(kind), Message: err.Error()}}
	}
	if o.GetNamespace() == "" && kind != "Namespace" {
		o.SetNamespace("default")
	}
	id := world.Object{Kind: kind}
	id.Namespace, id.Name = o.GetNamespace(), o.GetName()
	if s.places == nil {
		s.places = map[world.Object]document{}
	}
	if first, again := s.places[id]; again {
		return []Problem{s.problem(d, id, "", fmt.Sprintf("it stands in %s:%d too", first.file, first.node.Line))}
	}
	s.places[id] = d
	*into = append(*into, o)
	var problems []Problem
	for _, err := range unknown {
		problems = append(problems, s.problem(d, id, fieldIn(err), err.Error()))
	}
	return problems
}

// asJSON is what the API server would get.
func asJSON(node *yaml.Node) ([]byte, error) {
	var v any
	if err := node.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

var quoted = regexp.MustCompile(`"([^"]+)"`)

// fieldIn is the field that a strict decoder complains of.
func fieldIn(err error) string {
	if found := quoted.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return ""
}

// Problem tells of something wrong with an object that was read, at a field in the form spec.endpoints[0].interval.
func (s *Set) Problem(id world.Object, field, message string) Problem {
	return s.problem(s.places[id], id, field, message)
}

func (s *Set) problem(d document, id world.Object, field, message string) Problem {
	p := Problem{File: d.file, Object: fmt.Sprintf("%s %s/%s", id.Kind, id.Namespace, id.Name), Message: message}
	if d.node != nil {
		p.Line = lineOf(d.node, field)
	}
	return p
}
