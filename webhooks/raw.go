package webhooks

import "bytes"

// rawMember returns the text of a value in a JSON document by the keys that lead to it, nil where there is none. It skips everything else
// without looking at it, which makes it far cheaper than a decoder; what is no JSON is left to one.
func rawMember(text []byte, keys ...string) []byte {
	at := skipSpace(text, 0)
	for ; len(keys) > 0; keys = keys[1:] {
		if at = memberAt(text, at, keys[0]); at < 0 {
			return nil
		}
	}
	return text[at:valueEnd(text, at)]
}

// memberAt returns where the value under a key of the object at begins, -1 where there is none.
func memberAt(text []byte, at int, key string) int {
	if at >= len(text) || text[at] != '{' {
		return -1
	}
	for at++; ; at++ {
		at = skipSpace(text, at)
		if at >= len(text) || text[at] != '"' {
			return -1
		}
		end := stringEnd(text, at)
		found := end-at == len(key)+2 && string(text[at+1:end-1]) == key
		at = skipSpace(text, skipSpace(text, end)+1) // the colon
		if found && at < len(text) {
			return at
		}
		at = skipSpace(text, valueEnd(text, at))
		if at >= len(text) || text[at] != ',' {
			return -1
		}
	}
}

// valueEnd returns where the value that begins at ends.
func valueEnd(text []byte, at int) int {
	for depth := 0; at < len(text); {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
		case '{', '[':
			depth++
			at++
			continue
		case '}', ']':
			if depth == 0 {
				return at // of a bare value at the end of what it stands in
			}
			depth--
			at++
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
			at++
			continue
		default:
			at++
			continue
		}
		if depth == 0 {
			return at
		}
	}
	return len(text)
}

// stringEnd returns where the string that begins at ends.
func stringEnd(text []byte, at int) int {
	for at++; ; {
		quote := bytes.IndexByte(text[at:], '"')
		if quote < 0 {
			return len(text)
		}
		escapes := 0
		for at+quote-escapes > 0 && text[at+quote-escapes-1] == '\\' {
			escapes++
		}
		at += quote + 1
		if escapes%2 == 0 {
			return at
		}
	}
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}
