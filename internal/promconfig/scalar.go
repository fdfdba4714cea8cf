package promconfig

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// reference is $(NAME), which the config-reloader replaces.
var reference = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

// literal escapes text so that the config-reloader leaves it as it is, as docs/contract.md has it.
func literal(text string) string {
	if !strings.Contains(text, "$(") {
		return text
	}
	return reference.ReplaceAllString(text, "$$$0")
}

// appendScalar writes text as a YAML string: plain where nothing else can be read into it, else between double quotes.
func appendScalar(out []byte, text string) []byte {
	if isPlain(text) {
		return append(out, text...)
	}
	return appendQuoted(out, text)
}

// isPlain is stricter than YAML: a letter, underscore or slash first, and no word that some version of YAML reads as a bool or null.
func isPlain(text string) bool {
	if text == "" || !plainStart[text[0]] {
		return false
	}
	for i := 1; i < len(text); i++ {
		if !plainRest[text[i]] {
			return false
		}
	}
	return len(text) > len("false") || !reserved[strings.ToLower(text)]
}

var (
	plainStart = characters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/")
	plainRest  = characters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/0123456789.-")
	reserved   = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true, "null": true}
)

func characters(list string) (set [256]bool) {
	for i := range len(list) {
		set[list[i]] = true
	}
	return set
}

// appendQuoted escapes everything but printable ASCII. Bytes that are not UTF-8 become the replacement character: inspection has
// refused them before.
func appendQuoted(out []byte, text string) []byte {
	out = append(out, '"')
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		out = append(out, text[start:i]...)
		r, size := utf8.DecodeRuneInString(text[i:])
		out = appendEscape(out, r)
		i += size
		start = i
	}
	out = append(out, text[start:]...)
	return append(out, '"')
}

func appendEscape(out []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(out, '\\', byte(r))
	case '\n':
		return append(out, `\n`...)
	case '\t':
		return append(out, `\t`...)
	}
	const digits = "0123456789abcdef"
	letter, width := byte('u'), 4
	if r > 0xffff {
		letter, width = 'U', 8
	}
	out = append(out, '\\', letter)
	for shift := 4 * (width - 1); shift >= 0; shift -= 4 {
		out = append(out, digits[r>>shift&0xf])
	}
	return out
}
