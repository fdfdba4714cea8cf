package pattern

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A pattern that is taken at a glance compiles.
func TestSimplePatternsCompile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`ab.*+|()?;:[]{}\-1$^`))).Draw(t, "pattern")
		if _, err := regexp.Compile(text); isSimple(text) && err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// Weight is what an expression pays for a string: a list what it is long, a bomb more than anybody may have.
func TestWeight(t *testing.T) {
	t.Parallel()
	const most = 64 << 10
	for name, tc := range map[string]struct {
		text  string
		taken bool
	}{
		"a list of names":       {strings.Repeat("component-name|", 4_000), true},
		"a list with groups":    {strings.Repeat("node-(a|b)(c|d?)|", 3_000), true},
		"a list with classes":   {strings.Repeat("node-[0-9]+|", 300), true},
		"no pattern at all":     {strings.Repeat("(", 5_000), true},
		"a text of that length": {strings.Repeat("x", most), true},
		"a longer text":         {strings.Repeat("x", most+1), false},
		"many letters":          {strings.Repeat(`\pL`, 100), false},
		"a count":               {`\pL{1000}`, false},
		"counts of counts":      {`(\pL{10}){10}`, false},
		"ranges and (?i)":       {"(?i)[" + strings.Repeat(`\x{100}-\x{10ffff}`, 4) + "]", false},
	} {
		if got := Weight(tc.text, most); got <= most != tc.taken {
			t.Errorf("%s weighs %d", name, got)
		}
	}
}
