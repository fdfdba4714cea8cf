package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Problem is something wrong with an input.
type Problem struct {
	File string
	// Line counts from 1, and is 0 where it is not known.
	Line int
	// Object is kind namespace/name, and empty where it is not known.
	Object  string
	Message string
}

func (p Problem) String() string {
	out := p.File
	if p.Line > 0 {
		out += fmt.Sprintf(":%d", p.Line)
	}
	if p.Object != "" {
		out += ": " + p.Object
	}
	return out + ": " + p.Message
}

// problemOf is an error of reading what begins on a line, if it does not know a better one itself.
func problemOf(file string, line int, object string, err error) Problem {
	if at := (atLine{}); errors.As(err, &at) {
		line = at.line
	}
	return Problem{File: file, Line: line, Object: object, Message: err.Error()}
}

// tellsLine is how the parser of YAML begins what it says.
var tellsLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// unreadable tells why a text is no YAML. The parser counts lines, but those with characters that it refuses at once.
func unreadable(file string, text []byte, err error) Problem {
	said := tellsLine.FindStringSubmatch(err.Error())
	p := Problem{File: file, Line: lineOfBadText(text), Message: err.Error()}
	if said != nil {
		p.Message = "not YAML: " + err.Error()[len(said[0]):]
		if line, err := strconv.Atoi(said[1]); err == nil {
			p.Line = line
		}
	}
	if bytes.Contains(text, []byte("{{")) {
		p.Message += "; a value that begins with {{ needs quotes; or if it is a template, run that first, and read what it makes"
	}
	return p
}

// lineOfBadText is the line of the first character that YAML can't hold, or else the first one.
func lineOfBadText(text []byte) int {
	for line, rest := 1, text; len(rest) > 0; {
		char, size := utf8.DecodeRune(rest)
		switch {
		case char == '\n':
			line++
		case char == utf8.RuneError && size == 1, unicode.IsControl(char) && char != '\t' && char != '\r':
			return line
		}
		rest = rest[size:]
	}
	return 1
}
