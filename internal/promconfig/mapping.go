package promconfig

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/blang/semver/v4"
)

// directive says how a field is written.
type directive struct {
	// name in the configuration. Where it is empty, it is the JSON name in snake case.
	name string
	// since and until bound the versions that know it: from since on, before until. Empty is no bound.
	since, until string
	// always writes the field when it has its zero value, too.
	always bool
	// strict refuses what sets the field where it is not known, because without it the rest would mean something else.
	strict bool
}

// knownTo reports whether a version of Prometheus knows the directive.
func (d directive) knownTo(v semver.Version) bool {
	return (d.since == "" || v.GE(semver.MustParse(d.since))) && (d.until == "" || v.LT(semver.MustParse(d.until)))
}

// entry is one field of a mapping.
type entry struct {
	directive
	key   string // with its colon
	index []int
	known bool
	shape *shape
}

// mapping works out how a struct is written: its fields in their order, those of embedded structs in their place.
func (e *encoder) mapping(t reflect.Type) *shape {
	entries := e.entries(t, nil)
	return &shape{empty: reflect.Value.IsZero, value: func(e *encoder, v reflect.Value, indent int) {
		e.out = append(e.out, '\n')
		start := len(e.out)
		for i := range entries {
			e.entry(&entries[i], v, indent)
		}
		if len(e.out) == start {
			e.out = append(e.out[:start-1], " {}\n"...)
		}
	}}
}

func (e *encoder) entry(f *entry, v reflect.Value, indent int) {
	for _, i := range f.index {
		v = v.Field(i)
	}
	if !f.always && f.shape.empty(v) {
		return
	}
	if !f.known {
		e.ignored(f.directive)
		return
	}
	e.out = appendIndent(e.out, indent)
	e.out = append(e.out, f.key...)
	f.shape.value(e, v, indent+2)
}

func (e *encoder) entries(t reflect.Type, outer []int) []entry {
	var out []entry
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(outer[:len(outer):len(outer)], i)
		if f.Anonymous {
			out = append(out, e.entries(f.Type, index)...)
			continue
		}
		d := e.directiveOf(t, f)
		out = append(out, entry{directive: d, key: d.name + ":", index: index, known: d.knownTo(e.version), shape: e.shapeOf(f.Type)})
	}
	return out
}

// directiveOf takes a field of our own types from its tags and one of the API's from the table of differences.
func (e *encoder) directiveOf(t reflect.Type, f reflect.StructField) directive {
	if name, own := f.Tag.Lookup("yaml"); own {
		return directive{name: name, since: f.Tag.Get("since"), until: f.Tag.Get("until")}
	}
	d := e.firstKnown(differences[t][f.Name])
	if d.name == "" {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		d.name = snakeCase(name)
	}
	return d
}

func (e *encoder) firstKnown(choice []directive) directive {
	for _, d := range choice {
		if d.knownTo(e.version) {
			return d
		}
	}
	if len(choice) == 0 {
		return directive{}
	}
	return choice[0]
}

// snakeCase sets words apart at capitals; a run of capitals is one word: clientID, enableHTTP2, apiURL.
func snakeCase(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && !unicode.IsUpper(runes[i-1]) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
