package promconfig

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	yaml "go.yaml.in/yaml/v3"
)

// nodeShape writes a parsed YAML value again, in our own form.
func nodeShape() *shape {
	return &shape{
		value: func(e *encoder, v reflect.Value, indent int) { e.node(v.Interface().(*yaml.Node), indent) },
		empty: reflect.Value.IsNil,
	}
}

func (e *encoder) node(n *yaml.Node, indent int) {
	switch n.Kind {
	case yaml.MappingNode:
		e.nodeMapping(n, indent)
	case yaml.SequenceNode:
		e.items(e.shapeOf(reflect.TypeFor[*yaml.Node]()), reflect.ValueOf(n.Content), indent)
	default:
		e.out = append(e.out, ' ')
		e.nodeScalar(n)
		e.out = append(e.out, '\n')
	}
}

func (e *encoder) nodeMapping(n *yaml.Node, indent int) {
	if len(n.Content) == 0 {
		e.out = append(e.out, " {}\n"...)
		return
	}
	e.out = append(e.out, '\n')
	for i := 0; i < len(n.Content); i += 2 {
		e.out = appendIndent(e.out, indent)
		e.nodeScalar(n.Content[i])
		e.out = append(e.out, ':')
		e.node(n.Content[i+1], indent+2)
	}
}

// nodeScalar leaves numbers, bools and the like as they are: which they are is Prometheus' to say.
func (e *encoder) nodeScalar(n *yaml.Node) {
	if n.Style == 0 && (n.ShortTag() != "!!str" || reserved[strings.ToLower(n.Value)]) {
		if n.Value == "" {
			e.out = append(e.out, "null"...)
			return
		}
		e.out = append(e.out, n.Value...)
		return
	}
	e.out = appendScalar(e.out, n.Value)
}

// hashes reports whether steps shard already.
func hashes(steps *yaml.Node) bool {
	return steps != nil && slices.ContainsFunc(steps.Content, func(step *yaml.Node) bool {
		action := under(step, "action")
		return action != nil && strings.EqualFold(action.Value, "hashmod")
	})
}

// withSteps is a job with steps after its own.
func withSteps(job *yaml.Node, steps relabelings) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(job.Content); i += 2 {
		if job.Content[i].Value == "relabel_configs" {
			list.Content = slices.Clone(job.Content[i+1].Content)
			continue
		}
		out.Content = append(out.Content, job.Content[i], job.Content[i+1])
	}
	list.Content = append(list.Content, nodesOf(steps)...)
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "relabel_configs"}
	out.Content = append(out.Content, key, list)
	return out
}

// nodesOf are steps as parsed YAML.
func nodesOf(steps relabelings) []*yaml.Node {
	e := encoder{shapes: map[reflect.Type]*shape{}, ignored: func(directive) {}}
	e.section("steps", steps)
	var document yaml.Node
	if err := yaml.Unmarshal(e.out, &document); err != nil {
		panic(err) // our own form is YAML
	}
	return document.Content[0].Content[1].Content
}

func (in *inspector) durationNode(n *yaml.Node) {
	if n == nil {
		return
	}
	if _, err := model.ParseDuration(n.Value); err != nil {
		in.atLine(n, InvalidAdditional, "it is no duration such as 30s or 1m30s")
	}
}

func (in *inspector) timingNode(interval, timeout *yaml.Node) {
	if timeout == nil {
		return
	}
	every := string(in.interval)
	if interval != nil {
		every = interval.Value
	}
	i, errI := model.ParseDuration(every)
	t, errT := model.ParseDuration(timeout.Value)
	if errI == nil && errT == nil && t > i {
		in.atLine(timeout, TimeoutAboveInterval, "the timeout is longer than the interval")
	}
}

// isJobKey reports whether Prometheus knows a directive of a scrape job: those that we write ourselves, every discovery, and those
// that the API has no field for.
func isJobKey(key string) bool {
	return ownJobKeys()[key] || otherJobKeys[key] || strings.HasSuffix(key, "_sd_configs")
}

var otherJobKeys = map[string]bool{"scrape_classic_histograms": true, "scrape_failure_log_file": true, "http_headers": true}

var ownJobKeys = sync.OnceValue(func() map[string]bool {
	keys := map[string]bool{}
	for _, f := range newEncoder(newestVersion).entries(reflect.TypeFor[scrapeJob](), nil) {
		keys[f.name] = true
	}
	return keys
})

// knownIn is what Prometheus knows in the parts that users write most. Source: its types for targets and for HTTP clients.
var knownIn = map[string][]string{
	"static_configs": {"targets", "labels"},
	"basic_auth":     {"username", "username_file", "username_ref", "password", "password_file", "password_ref"},
	"authorization":  {"type", "credentials", "credentials_file", "credentials_ref"},
	"tls_config": {
		"ca", "cert", "key", "ca_file", "cert_file", "key_file", "ca_ref", "cert_ref", "key_ref",
		"server_name", "insecure_skip_verify", "min_version", "max_version",
	},
}

// partNodes refuses what Prometheus does not know in the parts of a job: it would refuse the whole configuration for it.
func (in *inspector) partNodes(job *yaml.Node) {
	for i := 0; i < len(job.Content) && !in.newer; i += 2 {
		name, part := job.Content[i].Value, job.Content[i+1]
		if known := knownIn[name]; known != nil {
			in.partNode(name, part, known)
		}
	}
}

func (in *inspector) partNode(name string, part *yaml.Node, known []string) {
	switch part.Kind {
	case yaml.SequenceNode:
		for _, item := range part.Content {
			in.partNode(name, item, known)
		}
	case yaml.MappingNode:
		for i := 0; i < len(part.Content); i += 2 {
			if key := part.Content[i]; !slices.Contains(known, key.Value) {
				in.atLine(key, InvalidAdditional, "%s has no such directive", name)
			}
		}
		if targets := under(part, "targets"); targets != nil && targets.Kind != yaml.SequenceNode && !isNull(targets) {
			in.atLine(targets, InvalidAdditional, "targets are a list")
		}
	default:
		if !isNull(part) {
			in.atLine(part, InvalidAdditional, "%s is not made of text", name)
		}
	}
}
