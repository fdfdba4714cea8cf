package promconfig

import (
	"reflect"
	"slices"
	"strings"

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
