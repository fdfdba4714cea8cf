package pattern

import (
	"regexp"
	"regexp/syntax"
)

// ClassWeight is what a byte counts in a pattern with classes, counts or flags, FoldWeight in one with ranges without regard to case
// beyond ASCII, 4 KB of which take a second to read. CategoryWeight is what a category as \pL counts beside its bytes: it stands for
// up to a thousand ranges.
const (
	ClassWeight    = 16
	FoldWeight     = 1024
	CategoryWeight = 1024
)

// Text is what a pattern weighs before it is read: its bytes, times what they may stand for.
func Text(text string) int {
	switch {
	case isSimple(text):
		return len(text)
	case folds.MatchString(text) && isWide.MatchString(text):
		return len(text) * FoldWeight
	case standsForMore.MatchString(text):
		return len(text)*ClassWeight + len(categories.FindAllStringIndex(text, -1))*CategoryWeight
	}
	return len(text)
}

// Weight is what a text weighs in case it is used as a pattern, which is not read when its text alone is beyond most. One that can't be
// read is none.
func Weight(text string, most int) int {
	weight := Text(text)
	if weight > most || weight == len(text) { // nothing in it stands for more
		return weight
	}
	program, _ := Program(text, most)
	return max(len(text), program)
}

var (
	standsForMore = regexp.MustCompile(`[\[{]|\\[pP]|\(\?[^:]`)
	categories    = regexp.MustCompile(`\\[pP]`)
	folds         = regexp.MustCompile(`\(\?[a-zA-Z]*i`)
	isWide        = regexp.MustCompile(`(?s)\[.*(\\x|[^[:ascii:]])`)
)

// Program estimates what a pattern costs Prometheus, without compiling it: what parses compiles. The estimate ends beyond most. An
// error is why it can't be read.
func Program(text string, most int) (int, error) {
	if isSimple(text) {
		return len(text), nil
	}
	parsed, err := syntax.Parse("^(?s:"+text+")$", syntax.Perl)
	if err == nil {
		return cost(parsed, most), nil
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
		case isPlain(c):
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

// cost estimates how many instructions and ranges a pattern compiles to, as far as most.
func cost(re *syntax.Regexp, most int) int {
	sum := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		sum += cost(sub, most)
		if sum > most {
			return sum
		}
	}
	if re.Op == syntax.OpRepeat {
		return sum * max(re.Max, re.Min, 1)
	}
	return sum
}

// isPlain knows what stands for itself in a pattern, the dot and alternatives among it.
func isPlain(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '-' <= c && c <= ';' || c == '_' || c == '|'
}
