package promconfig

import (
	"regexp/syntax"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/relabel"

	v1 "github.com/promloop/promloop/api/v1"
)

// Limits of one object. What Prometheus compiles costs far more memory than its length: 80 KB of \pL take half a gigabyte.
const (
	maxRelabelings = 1000     // steps in one list
	maxPattern     = 4 << 10  // bytes of one pattern
	maxPatterns    = 64 << 10 // bytes of all patterns of one object
	maxProgram     = 20_000   // instructions and character ranges that one pattern compiles to
)

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
	in.textAt("separator", valueOr(rc.Separator, ""))
	in.textAt("replacement", valueOr(rc.Replacement, ""))
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

// steps inspects finished steps, those that were made from names included.
func (in *inspector) steps(list relabelings) {
	counted := in.regexBytes
	defer func() { in.regexBytes = counted }()
	for i := range list {
		rc := v1.RelabelConfig(list[i])
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
	c.Separator = valueOr(rc.Separator, c.Separator)
	c.Replacement = valueOr(rc.Replacement, c.Replacement)
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

// patterns remembers what is known of a pattern: most objects use the same few.
type patterns map[string]error

// maxRemembered bounds what is remembered.
const maxRemembered = 4096

// pattern inspects a regular expression, and says whether it can be used.
func (in *inspector) pattern(text string) bool {
	in.regexBytes += len(text)
	switch {
	case text == "":
		return true
	case len(text) > maxPattern:
		in.fault(TooLarge, "a pattern of %d bytes; at most %d are taken", len(text), maxPattern)
		return false
	case in.regexBytes > maxPatterns:
		in.fault(TooLarge, "all patterns of this object together are larger than %d bytes", maxPatterns)
		return false
	}
	err, known := in.patterns[text]
	if !known {
		err = compiles(text)
		in.remember(text, err)
	}
	if err != nil {
		in.fault(InvalidRegex, "%v", err)
	}
	return err == nil
}

func (in *inspector) remember(text string, err error) {
	if in.patterns == nil {
		return
	}
	if len(in.patterns) >= maxRemembered {
		clear(in.patterns)
	}
	in.patterns[text] = err
}

// compiles tells whether Prometheus can compile a pattern at bearable cost, without compiling it: what parses compiles, and what
// that costs is estimated.
func compiles(text string) error {
	if isSimple(text) {
		return nil
	}
	parsed, err := syntax.Parse("^(?s:"+text+")$", syntax.Perl)
	switch {
	case err != nil:
		if _, own := syntax.Parse(text, syntax.Perl); own != nil {
			return own // the same in the user's own words
		}
		return err
	case cost(parsed) > maxProgram:
		return errCostly
	}
	return nil
}

// isSimple knows most patterns at a glance: literals, alternatives, groups that are not nested, and repetitions of one of these.
func isSimple(text string) bool {
	open, last := false, byte('|')
	for i := range len(text) {
		c := text[i]
		switch {
		case plainRest[c] || c == ';' || c == ':' || c == '|':
		case c == '(' && !open:
			open = true
		case c == ')' && open:
			open = false
		case (c == '*' || c == '+') && last != '|' && last != '(' && last != '*' && last != '+':
		default:
			return false
		}
		last = c
	}
	return !open
}

var errCostly = &syntax.Error{Code: "pattern compiles to a program that is too large", Expr: ""}

// cost estimates how many instructions and ranges a pattern compiles to.
func cost(re *syntax.Regexp) int {
	sum := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		sum += cost(sub)
		if sum > maxProgram {
			return sum
		}
	}
	if re.Op == syntax.OpRepeat {
		return sum * max(re.Max, re.Min, 1)
	}
	return sum
}
