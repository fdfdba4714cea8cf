package promconfig

import (
	"regexp"
	"regexp/syntax"
)

// Limits of patterns, in weight. What Prometheus compiles can cost far more memory than its length, 80 KB of \pL half a gigabyte, and
// 4 KB of ranges without regard to case take a second to read. A list of names costs what it is long.
const (
	maxPattern  = 64 << 10 // one pattern
	maxPatterns = 1 << 20  // all patterns of one object, or one pattern that belongs to the Prometheus itself
	// classWeight is what a byte counts in a pattern with classes, counts or flags, foldWeight in one with ranges without regard to
	// case beyond ASCII.
	classWeight, foldWeight = 16, 1024
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
			"and %d of one with (?i) and ranges beyond ASCII", len(text), most, most/classWeight, most/foldWeight)
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
	if known.text = textWeight(text); known.text > most {
		return known
	}
	known.program, known.err = programOf(text)
	if in.patterns == nil {
		return known
	}
	if len(in.patterns) >= maxRemembered {
		clear(in.patterns)
	}
	in.patterns[text] = known
	return known
}

// textWeight is what a pattern weighs before it is read.
func textWeight(text string) int {
	switch {
	case isSimple(text):
		return len(text)
	case folds.MatchString(text) && isWide.MatchString(text):
		return len(text) * foldWeight
	case standsForMore.MatchString(text):
		return len(text) * classWeight
	}
	return len(text)
}

var (
	standsForMore = regexp.MustCompile(`[\[{]|\\[pP]|\(\?[^:]`)
	folds         = regexp.MustCompile(`\(\?[a-zA-Z]*i`)
	isWide        = regexp.MustCompile(`(?s)\[.*(\\x|[^[:ascii:]])`)
)

// programOf estimates what a pattern costs Prometheus, without compiling it: what parses compiles.
func programOf(text string) (int, error) {
	if isSimple(text) {
		return len(text), nil
	}
	parsed, err := syntax.Parse("^(?s:"+text+")$", syntax.Perl)
	if err == nil {
		return cost(parsed), nil
	}
	if _, own := syntax.Parse(text, syntax.Perl); own != nil {
		return 0, own // the same in the user's own words
	}
	return 0, err
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
		if sum > maxPatterns {
			return sum
		}
	}
	if re.Op == syntax.OpRepeat {
		return sum * max(re.Max, re.Min, 1)
	}
	return sum
}
