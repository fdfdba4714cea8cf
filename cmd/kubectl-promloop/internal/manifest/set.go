package manifest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	var err error
	if d.node.Kind == yaml.SequenceNode || d.node.Kind == yaml.ScalarNode && d.node.ShortTag() != "!!null" {
		return []Problem{{File: d.file, Line: d.node.Line, Message: "this is no object: apiVersion and kind are missing"}}
	}
	if d.object, err = asJSON(d.node); err != nil {
		return []Problem{problemOf(d.file, d.node.Line, "", err)}
	}
	if missing := d.missing(); missing != "" {
		return []Problem{{File: d.file, Line: d.node.Line, Message: missing}}
	}
	switch kind := d.kind(); kind {
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
		return decode(s, d, namespace, &s.Namespaces)
	case "v1 Secret":
		return decode(s, d, "Secret", &s.Secrets)
	case "v1 ConfigMap":
		return decode(s, d, "ConfigMap", &s.ConfigMaps)
	default:
		return notThere(d, kind)
	}
}

// namespace is the one kind that is in no namespace.
const namespace world.Kind = "Namespace"

// others are the kinds of the API group that are not promloop's.
var others = []string{"Alertmanager", "AlertmanagerConfig", "PrometheusAgent", "ThanosRuler"}

// notThere tells of a kind that the API group does not have, or not under that version. Other groups are no business of promloop's.
func notThere(d document, kind string) []Problem {
	version, name, _ := strings.Cut(kind, " ")
	if !strings.HasPrefix(version, "monitoring.coreos.com/") || slices.Contains(others, name) {
		return nil
	}
	p := Problem{File: d.file, Line: d.node.Line, Object: name, Message: "monitoring.coreos.com has no kind of that name"}
	for known := range schemas() {
		if has, ok := strings.CutSuffix(known, " "+name); ok {
			p.Message = fmt.Sprintf("%s is in %s, not in %s", name, has, version)
		}
	}
	return []Problem{p}
}

// kind is version and kind of an object, with a blank between them.
func (d document) kind() string {
	version, _ := d.object["apiVersion"].(string)
	kind, _ := d.object["kind"].(string)
	return version + " " + kind
}

// missing says what has to be there for anybody to know what an object is. Nothing at all is no object, and all right.
func (d document) missing() string {
	version, kind := d.object["apiVersion"], d.object["kind"]
	switch {
	case d.object["groups"] != nil && kind == nil:
		return "a rule file of Prometheus is no object; put its groups under spec of a PrometheusRule"
	case len(d.object) == 0:
		return ""
	case version == nil && kind == nil:
		return "apiVersion and kind are missing"
	case version == nil:
		return "apiVersion is missing"
	case kind == nil:
		return "kind is missing"
	}
	return ""
}

func decode[T any, P interface {
	*T
	client.Object
}](s *Set, d document, kind world.Kind, into *[]P) []Problem {
	o := P(new(T))
	mistakes := admit(d.kind(), d.object)
	unknown, err := fill(o, d.object)
	if err != nil && len(mistakes) == 0 {
		mistakes = []mistake{{message: err.Error()}}
	}
	if o.GetNamespace() == "" && kind != namespace {
		o.SetNamespace("default")
	}
	if made := o.GetGenerateName(); made != "" && o.GetName() == "" {
		o.SetName(fmt.Sprintf("%s%05d", made, len(s.places))) // five characters, as the API server's
	}
	id := world.ObjectOf(kind, o)
	if err == nil && kind != namespace {
		mistakes = append(mistakes, misnamed(d.kind(), o)...)
	}
	if first, again := s.places[id]; again && id.Name != "" && schemas()[d.kind()] != nil {
		return []Problem{s.problem(d, id, "", fmt.Sprintf("it stands in %s:%d too", first.file, first.node.Line))}
	}
	var problems []Problem
	for _, m := range append(mistakes, unknown...) {
		problems = append(problems, s.problem(d, id, m.field, m.message))
	}
	for _, key := range repeated(d.node) {
		p := s.problem(d, id, "", fmt.Sprintf("%q stands here again; only the last one counts", key.Value))
		p.Line = key.Line
		problems = append(problems, p)
	}
	if err == nil {
		s.places[id] = d
		*into = append(*into, o)
	}
	return problems
}

// fill decodes an object, and says which fields its kind does not have.
func fill(o client.Object, object map[string]any) ([]mistake, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	strict, err := sigsjson.UnmarshalStrict(data, o)
	var unknown []mistake
	for _, err := range strict {
		unknown = append(unknown, mistake{field: fieldIn(err), message: err.Error()})
	}
	return unknown, err
}

var quoted = regexp.MustCompile(`"([^"]+)"`)

// fieldIn is the field that a strict decoder complains of.
func fieldIn(err error) string {
	if found := quoted.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return ""
}

// Has reports whether an object was read.
func (s *Set) Has(id world.Object) bool {
	_, ok := s.places[id]
	return ok
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
