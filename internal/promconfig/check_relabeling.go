package promconfig

import (
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/relabel"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// maxRelabelings is how many steps may stand in one list.
const maxRelabelings = 1000

// relabelings inspects a list of steps as Prometheus itself does.
func (in *inspector) relabelings(list *[]v1.RelabelConfig) {
	if n := len(*list); n > maxRelabelings {
		in.fault(TooLarge, "%d steps of relabeling; at most %d are taken", n, maxRelabelings)
		return
	}
	for i := range *list {
		in.path = append(in.path, step{index: i})
		in.relabeling(&(*list)[i])
		in.path = in.path[:len(in.path)-1]
	}
}

func (in *inspector) relabeling(rc *v1.RelabelConfig) {
	in.textAt("targetLabel", rc.TargetLabel)
	in.textAt("regex", rc.Regex)
	in.textAt("separator", ptr.Deref(rc.Separator, ""))
	in.textAt("replacement", ptr.Deref(rc.Replacement, ""))
	for _, label := range rc.SourceLabels {
		in.textAt("sourceLabels", string(label))
	}
	in.path = append(in.path, step{name: "regex"})
	usable := in.pattern(rc.Regex)
	in.path = in.path[:len(in.path)-1]
	if usable {
		in.relabelingStep(rc)
	}
}

func (in *inspector) textAt(field, text string) {
	in.path = append(in.path, step{name: field})
	in.text(text)
	in.path = in.path[:len(in.path)-1]
}

// steps inspects finished steps, those that were made from names included. What the object itself has written is counted already.
func (in *inspector) steps(list relabelings) {
	counted := in.patternWeight
	defer func() { in.patternWeight = counted }()
	for i := range list {
		rc := v1.RelabelConfig(list[i])
		in.patternWeight = 0
		if in.pattern(rc.Regex) {
			in.relabelingStep(&rc)
		}
	}
}

// relabelingStep asks Prometheus' own check, which only asks of a pattern whether it is the default one.
func (in *inspector) relabelingStep(rc *v1.RelabelConfig) {
	c := relabel.DefaultRelabelConfig
	c.Action = relabel.Action(strings.ToLower(rc.Action))
	if c.Action == "" {
		c.Action = relabel.Replace
	}
	if !actions[c.Action] {
		in.fault(InvalidRelabeling, "%q is no action of relabeling", rc.Action)
		return
	}
	if len(rc.SourceLabels) > 0 {
		c.SourceLabels = someLabel
	}
	if rc.Regex != "" && rc.Regex != "(.*)" {
		c.Regex = anyOther
	}
	c.Separator = ptr.Deref(rc.Separator, c.Separator)
	c.Replacement = ptr.Deref(rc.Replacement, c.Replacement)
	c.TargetLabel = rc.TargetLabel
	if rc.Modulus < 0 {
		in.fault(InvalidRelabeling, "modulus %d is negative", rc.Modulus)
		return
	}
	c.Modulus = uint64(rc.Modulus)
	if err := c.Validate(in.scheme); err != nil {
		in.fault(InvalidRelabeling, "%v", err)
	}
}

var actions = map[relabel.Action]bool{
	relabel.Replace: true, relabel.Keep: true, relabel.Drop: true, relabel.KeepEqual: true, relabel.DropEqual: true,
	relabel.HashMod: true, relabel.LabelMap: true, relabel.LabelDrop: true, relabel.LabelKeep: true,
	relabel.Lowercase: true, relabel.Uppercase: true,
}

// someLabel stands for any source labels: their names are not checked.
var someLabel = model.LabelNames{"some"}

// anyOther stands for a pattern that is not the default: Validate only asks whether there is one.
var anyOther = relabel.MustNewRegexp("other")
