package rules

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/strutil"

	"github.com/promloop/promloop/internal/pattern"
)

// guardedParser is Prometheus' parser behind a linear look at the text, since parsing itself takes time that grows with the square
// of nesting and length. It keeps the tree of the last expression.
type guardedParser struct {
	parser.Parser
	limits   Limits
	patterns *int // bytes that patterns may still take of their object, beyond their text; nil for no limit
	tree     parser.Expr
}

// ParseExpr parses expr, or refuses to with a *complexityError.
func (g *guardedParser) ParseExpr(expr string) (parser.Expr, error) {
	g.tree = nil
	if err := g.scan(expr); err != nil {
		return nil, err
	}
	tree, err := g.Parser.ParseExpr(expr)
	if err == nil {
		g.tree = tree
	}
	return tree, err
}

// complexityError says that an expression was refused before it was parsed.
type complexityError struct{ message string }

func (e *complexityError) Error() string { return e.message }

func tooComplex(format string, args ...any) error {
	return &complexityError{message: fmt.Sprintf(format, args...)}
}

// scan looks at expr once, from left to right. What it counts as an operator may be a few more than the parser sees.
func (g *guardedParser) scan(expr string) error {
	limits := g.limits
	if len(expr) > limits.ExprBytes {
		return tooComplex("the expression has %d bytes, the limit is %d; split it with recording rules", len(expr), limits.ExprBytes)
	}
	depth, operators, braces, weight := 0, 0, 0, len(expr)
	for i := 0; i < len(expr); {
		c := expr[i]
		width := 1
		switch {
		case c == '"' || c == '\'' || c == '`':
			width = stringWidth(expr[i:])
			more, err := g.weigh(expr[i:i+width], i+1)
			if err != nil {
				return err
			}
			weight += more
		case c == '#':
			width = lineWidth(expr[i:])
		case strings.IndexByte("([{", c) >= 0:
			depth++
			switch c {
			case '{':
				braces++
			case '[':
				operators++ // each of a row of subqueries is looked at again for every later one
			}
		case strings.IndexByte(")]}", c) >= 0:
			depth--
			if c == '}' {
				braces--
			}
		case braces <= 0 && strings.IndexByte("+-*/%^=!<>", c) >= 0:
			operators++
		case isWord(c):
			width = wordWidth(expr[i:])
			operators += wordOperator(expr[i : i+width])
		}
		if weight > limits.ExprBytes {
			return tooComplex("the patterns of the expression together are too large; use fewer classes and counts, or split it with recording rules")
		}
		if depth > limits.ExprDepth {
			return tooComplex("the expression is nested deeper than %d at byte %d; split it with recording rules", limits.ExprDepth, i+1)
		}
		if operators > limits.ExprOperators {
			return tooComplex("the expression has more than %d operators; split it with recording rules", limits.ExprOperators)
		}
		i += width
	}
	return nil
}

// weigh says how much heavier than long a string at a byte of the expression is, or why it can't be taken. Any may be a pattern.
func (g *guardedParser) weigh(quoted string, at int) (int, error) {
	most := g.limits.ExprStringBytes
	text, err := strutil.Unquote(quoted)
	if err != nil {
		text = quoted // which the parser is going to refuse
	}
	if len(text) > most {
		return 0, tooComplex("a string at byte %d has %d bytes, the limit is %d", at, len(text), most)
	}
	if g.patterns != nil {
		if *g.patterns -= pattern.Text(text) - len(text); *g.patterns < 0 { // before it is read, which is what costs
			return 0, tooComplex("the patterns of the object together are too large at byte %d; use fewer classes and counts, or spread the rules over several objects", at)
		}
	}
	weight := pattern.Weight(text, most)
	if weight > most {
		return 0, tooComplex("a pattern at byte %d is too costly for its %d bytes: use fewer classes and counts, as [a-z], \\pL, {2} or (?i)", at, len(text))
	}
	if g.patterns != nil {
		*g.patterns -= max(0, weight-pattern.Text(text))
	}
	return max(0, weight-len(text)), nil
}

// stringWidth is the length of the string that s starts with, quotes included, or of s when it never ends.
func stringWidth(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '\\' && s[0] != '`' {
			i++
			continue
		}
		if s[i] == s[0] {
			return i + 1
		}
	}
	return len(s)
}

func lineWidth(s string) int {
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return end
	}
	return len(s)
}

func isWord(c byte) bool {
	return c == '_' || c == ':' || c >= utf8.RuneSelf || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func wordWidth(s string) int {
	for i := range len(s) {
		if !isWord(s[i]) {
			return i
		}
	}
	return len(s)
}

func wordOperator(word string) int {
	for _, operator := range []string{"and", "or", "unless", "atan2"} {
		if strings.EqualFold(word, operator) {
			return 1
		}
	}
	return 0
}

// badText says what in s does not survive the way to Prometheus and back, or "".
func badText(s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	for i, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return fmt.Sprintf("has the control character %U at byte %d", r, i+1)
		}
	}
	return ""
}
