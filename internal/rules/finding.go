package rules

import (
	"fmt"
	"strings"

	"github.com/promloop/promloop/internal/world"
)

// Reasons why an object, a group or a rule is refused.
const (
	// InvalidRule means that Prometheus would refuse it.
	InvalidRule = "InvalidRule"
	// DuplicateGroup means that two groups of one object have the same name.
	DuplicateGroup = "DuplicateGroup"
	// InvalidText means characters that don't survive the way to Prometheus and back.
	InvalidText = "InvalidText"
	// TooComplex means an expression that would take too long to parse, at every reload.
	TooComplex = "TooComplex"
	// TooLarge means an object that no ConfigMap can hold, or that has too many groups or rules.
	TooLarge = "TooLarge"
	// UnsupportedByVersion means something that only another version of Prometheus understands.
	UnsupportedByVersion = "UnsupportedByVersion"
	// NamespaceEscape means that a rule could reach past its namespace although the Prometheus enforces a namespace label.
	NamespaceEscape = "NamespaceEscape"
	// NoRoom means that no ConfigMap has room for the object.
	NoRoom = "NoRoom"
	// QuotaExceeded means that the namespace has used up its share.
	QuotaExceeded = "QuotaExceeded"
)

// Finding is one thing that is wrong with an object.
type Finding struct {
	// Path is the place in the object, for example spec.groups[3].rules[0].expr.
	Path string
	// Group and Rule are names, empty where there are none. Rule has its kind in front: alert "Down".
	Group, Rule string
	// Reason is one of this package's reasons.
	Reason string
	// Message says what is wrong there.
	Message string
}

// String tells the place, what is wrong, and the names of group and rule.
func (f Finding) String() string {
	return f.Path + ": " + f.Detail()
}

// Detail is String without the place.
func (f Finding) Detail() string {
	var names []string
	if f.Group != "" {
		names = append(names, fmt.Sprintf("group %q", f.Group))
	}
	if f.Rule != "" {
		names = append(names, f.Rule)
	}
	if len(names) == 0 {
		return f.Message
	}
	return f.Message + " (" + strings.Join(names, ", ") + ")"
}

// told is how many findings a message lists: events and conditions stay below 1 KB.
const told = 5

// note tells of what a judgement leaves out without refusing anything, or is "".
func note(j Judgement) string {
	if omitted := j.Omitted(); len(omitted) > 0 {
		return "left out, all else stays: " + list(omitted)
	}
	return ""
}

func verdictOf(findings []Finding, outcome string) world.Verdict {
	if len(findings) == 0 {
		return world.Verdict{}
	}
	return world.Verdict{Reason: findings[0].Reason, Message: outcome + ": " + list(findings)}
}

// list puts the first of some findings in a line.
func list(findings []Finding) string {
	lines := make([]string, 0, told+1)
	for i, f := range findings {
		if i == told {
			lines = append(lines, fmt.Sprintf("and %d more", len(findings)-told))
			break
		}
		lines = append(lines, cut(f.String(), 300))
	}
	return strings.Join(lines, "; ")
}

// cut shortens s to about limit bytes, at a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
