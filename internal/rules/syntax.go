package rules

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// newerSyntax says what in the text of an expression only a newer Prometheus can read, as far as the tree no longer tells, or "".
// The expression has been parsed before.
func (t Target) newerSyntax(expr string) string {
	if !t.before(3, 0) {
		return ""
	}
	var item, before parser.Item
	naming := false // inside of braces, or of the parentheses of a grouping
	for lexer := parser.Lex(expr); ; {
		lexer.NextItem(&item)
		switch item.Typ {
		case parser.EOF, parser.ERROR:
			return ""
		case parser.COMMENT:
			continue
		case parser.LEFT_BRACE:
			naming = true
		case parser.LEFT_PAREN:
			naming = follows(before, parser.BY, parser.WITHOUT, parser.ON, parser.IGNORING, parser.GROUP_LEFT, parser.GROUP_RIGHT)
		case parser.RIGHT_BRACE, parser.RIGHT_PAREN:
			naming = false
		}
		if newer := t.newerItem(item, before, naming); newer != "" {
			return newer
		}
		before = item
	}
}

// newerItem says it of one item. naming means that names of labels may stand here.
func (t Target) newerItem(item, before parser.Item, naming bool) string {
	switch {
	case item.Typ == parser.STRING && naming && follows(before, parser.LEFT_BRACE, parser.LEFT_PAREN, parser.COMMA):
		return t.needs("the name in quotes "+item.Val, since{3, 0})
	case item.Typ != parser.NUMBER:
		return ""
	case strings.Contains(item.Val, "_"):
		return t.needs("the number "+item.Val, since{2, 54})
	case follows(before, parser.LEFT_BRACKET, parser.COLON, parser.OFFSET):
		return t.needs("the number "+item.Val+" as a duration", since{2, 54})
	}
	return ""
}

func follows(before parser.Item, types ...parser.ItemType) bool {
	return slices.Contains(types, before.Typ)
}
