package promconfig

import (
	"regexp/syntax"

	"github.com/promloop/promloop/internal/pattern"
)

// Limits of patterns, in weight.
const (
	maxPattern  = 64 << 10 // one pattern
	maxPatterns = 1 << 20  // all patterns of one object, or one pattern that belongs to the Prometheus itself
)

// patterns remembers what is known of a pattern: most objects use the same few.
type patterns map[string]weighed

// maxRemembered bounds what is remembered.
const maxRemembered = 4096

// weighed is what is known of a pattern: its weight as text and as a program, or why it can't be read.
type weighed struct {
	text, program int
	err           error
}

// pattern inspects a regular expression, and says whether it can be used.
func (in *inspector) pattern(text string) bool {
	most := maxPattern
	if in.longPatterns {
		most = maxPatterns
	}
	known := in.weigh(text, most)
	in.patternWeight += max(known.text, known.program)
	switch {
	case known.text > most:
		in.fault(TooLarge, "a pattern of %d bytes; at most %d are taken, %d of one with classes, counts or flags, as [a-z], {2} or (?i), "+
			"and %d of one with (?i) and ranges beyond ASCII; a category, as \\pL, counts %d", len(text), most, most/pattern.ClassWeight,
			most/pattern.FoldWeight, pattern.CategoryWeight)
	case known.err != nil:
		in.fault(InvalidRegex, "%v", known.err)
	case known.program > most:
		in.fault(InvalidRegex, "%v", errCostly)
	case in.patternWeight > maxPatterns && !in.longPatterns:
		in.fault(TooLarge, "all patterns of this object together compile to too large programs: use fewer or simpler ones, or divide the object")
	default:
		return true
	}
	return false
}

// weigh looks at a pattern once, and does not read one whose text is beyond what is taken.
func (in *inspector) weigh(text string, most int) weighed {
	known, found := in.patterns[text]
	if found {
		return known
	}
	if known.text = pattern.Text(text); known.text > most {
		return known
	}
	known.program, known.err = pattern.Program(text, maxPatterns)
	if in.patterns == nil {
		return known
	}
	if len(in.patterns) >= maxRemembered {
		clear(in.patterns)
	}
	in.patterns[text] = known
	return known
}

var errCostly = &syntax.Error{Code: "pattern compiles to a program that is too large", Expr: ""}
