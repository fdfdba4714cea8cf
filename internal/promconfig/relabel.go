package promconfig

import (
	"slices"
	"strings"

	v1 "github.com/promloop/promloop/api/v1"
)

// relabeling has the fields of the API's, so that one converts to the other, and the names of the configuration.
type relabeling struct {
	SourceLabels []v1.LabelName `yaml:"source_labels"`
	Separator    *string        `yaml:"separator"`
	TargetLabel  string         `yaml:"target_label"`
	Regex        string         `yaml:"regex"`
	Modulus      int64          `yaml:"modulus"`
	Replacement  *string        `yaml:"replacement"`
	Action       string         `yaml:"action"`
}

func relabelingOf(rc v1.RelabelConfig) relabeling {
	r := relabeling(rc)
	r.Action = strings.ToLower(r.Action)
	return r
}

// relabelings is a list of steps, in the order in which Prometheus takes them.
type relabelings []relabeling

// add appends the user's own.
func (r *relabelings) add(list []v1.RelabelConfig) {
	for _, rc := range list {
		*r = append(*r, relabelingOf(rc))
	}
}

// keep keeps targets whose label matches.
func (r *relabelings) keep(regex string, labels ...v1.LabelName) {
	*r = append(*r, relabeling{Action: "keep", SourceLabels: labels, Regex: regex})
}

func (r *relabelings) drop(regex string, labels ...v1.LabelName) {
	*r = append(*r, relabeling{Action: "drop", SourceLabels: labels, Regex: regex})
}

// rename copies a label as it is.
func (r *relabelings) rename(from v1.LabelName, to string) {
	*r = append(*r, relabeling{SourceLabels: []v1.LabelName{from}, TargetLabel: to})
}

// renameIfSet copies a label where it is not empty.
func (r *relabelings) renameIfSet(from v1.LabelName, to string) {
	*r = append(*r, relabeling{SourceLabels: []v1.LabelName{from}, TargetLabel: to, Regex: "(.+)", Replacement: &wholeMatch})
}

// set gives every target the same value.
func (r *relabelings) set(label, value string) {
	*r = append(*r, relabeling{TargetLabel: label, Replacement: &value})
}

// hash reports whether a step hashes already.
func (r relabelings) hash() bool {
	return slices.ContainsFunc(r, func(step relabeling) bool { return step.Action == "hashmod" })
}

var (
	wholeMatch = "${1}"
	semicolon  = ";"
)

// labelOf is the form in which Kubernetes' names stand in Prometheus' labels: everything but ASCII letters, digits and underscores
// becomes an underscore. Source: prometheus/prometheus, util/strutil.SanitizeLabelName.
func labelOf(name string) string {
	if strings.IndexFunc(name, foreign) < 0 {
		return name
	}
	return strings.Map(func(r rune) rune {
		if foreign(r) {
			return '_'
		}
		return r
	}, name)
}

func foreign(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
