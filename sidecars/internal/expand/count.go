package expand

import "bytes"

// Unknown is the count of a list that is not written one item a line.
const Unknown = -1

// Counter counts the items of one top-level list of a YAML text that is written to it, without parsing YAML: lines that
// begin with "- " at the indentation of the list's first item. It holds one short line at most.
type Counter struct {
	section string
	line    []byte
	inside  bool
	indent  int
	count   int
	unknown bool
}

// NewCounter counts the items of the list under this top-level key.
func NewCounter(section string) *Counter { return &Counter{section: section, indent: -1} }

// Count is the number of items seen, or Unknown.
func (c *Counter) Count() int {
	c.endLine()
	if c.unknown {
		return Unknown
	}
	return c.count
}

// lineHead is all of a line that matters: what comes later is inside an item.
const lineHead = 256

// Write never fails.
func (c *Counter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		head, tail, ended := bytes.Cut(p, []byte("\n"))
		if room := lineHead - len(c.line); room > 0 {
			c.line = append(c.line, head[:min(room, len(head))]...)
		}
		if ended {
			c.endLine()
		}
		p = tail
	}
	return n, nil
}

func (c *Counter) endLine() {
	line := c.line
	c.line = c.line[:0]
	text := bytes.TrimLeft(line, " ")
	indent := len(line) - len(text)
	item := bytes.HasPrefix(text, []byte("- ")) || bytes.Equal(bytes.TrimSpace(text), []byte("-"))
	switch {
	case len(bytes.TrimSpace(text)) == 0 || text[0] == '#':
	case indent == 0 && !item:
		c.topLevel(text)
	case c.inside && item && (c.indent < 0 || c.indent == indent):
		c.indent = indent
		c.count++
	}
}

// topLevel enters or leaves the section at a line that begins in the first column.
func (c *Counter) topLevel(text []byte) {
	key, value, ok := bytes.Cut(text, []byte(":"))
	c.inside = ok && string(bytes.Trim(key, `"'`)) == c.section
	c.indent = -1
	value, _, _ = bytes.Cut(value, []byte("#"))
	value = bytes.TrimSpace(value)
	empty := len(value) == 0 || string(value) == "[]" || string(value) == "null" || string(value) == "~"
	if c.inside && !empty || text[0] == '{' && string(bytes.TrimSpace(text)) != "{}" {
		c.unknown = true
	}
}
