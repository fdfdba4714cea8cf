package promconfig

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/blang/semver/v4"
	"github.com/prometheus/common/model"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// inspector walks over the fields of an object and asks the checks of each type.
type inspector struct {
	rules
	namespace string
	faults    []Fault
	refs      []world.Reference
	path      []step
	embedded  bool   // what is visited next is embedded
	from      string // where text of the user's own stands
	// patternWeight is what all patterns of the object sum up to.
	patternWeight int
}

// rules are what an object is held to.
type rules struct {
	// scheme is that of labels, and naming that of the Prometheus.
	scheme model.ValidationScheme
	naming naming
	// version of Prometheus; the zero value stands for the newest.
	version semver.Version
	// newer is set for a Prometheus that is newer than this operator knows.
	newer bool
	// lookup tells whether a reference can be read. It is nil where only the object itself is judged.
	lookup func(world.Reference) (world.Value, error)
	// expand lists the variables that may stand in text; a tenant's may have none.
	expand []string
	// denyFiles refuses fields that name files of Prometheus.
	denyFiles bool
	// longPatterns is set for what belongs to the Prometheus: its patterns may be as long as those of a whole object.
	longPatterns bool
	patterns     patterns
	// interval is that of the Prometheus, and classFault says what is wrong with its classes, where it is known.
	interval   v1.Duration
	classFault func(name *string) *Fault
}

func (r *rules) atLeast(version string) bool {
	return r.version.EQ(semver.Version{}) || r.version.GE(semver.MustParse(version))
}

// step is a field's name, or an index where the name is empty.
type step struct {
	name  string
	index int
}

func (in *inspector) fault(reason, format string, args ...any) {
	in.faults = append(in.faults, Fault{Path: in.where(), Reason: reason, Message: fmt.Sprintf(format, args...)})
}

// at runs a check one field deeper.
func (in *inspector) at(name string, check func()) {
	in.path = append(in.path, step{name: name})
	check()
	in.path = in.path[:len(in.path)-1]
}

// atIndex runs a check on one item of a list.
func (in *inspector) atIndex(name string, index int, check func()) {
	in.path = append(in.path, step{name: name}, step{index: index})
	check()
	in.path = in.path[:len(in.path)-2]
}

func (in *inspector) where() string {
	var out strings.Builder
	for _, s := range in.path {
		switch {
		case s.name == "":
			out.WriteString("[" + strconv.Itoa(s.index) + "]")
		case out.Len() == 0:
			out.WriteString(s.name)
		default:
			out.WriteString("." + s.name)
		}
	}
	return out.String()
}

// walk inspects a value and all that is in it.
func (in *inspector) walk(v any) { in.visit(reflect.ValueOf(v)) }

func (in *inspector) visit(v reflect.Value) {
	if visit := visitorOf(v.Type()); visit != nil {
		visit(in, v)
	}
}

// visitor inspects values of one type. It is nil for types in which there is nothing to see.
type visitor func(*inspector, reflect.Value)

var visitors sync.Map // reflect.Type -> visitor

func visitorOf(t reflect.Type) visitor {
	if found, ok := visitors.Load(t); ok {
		return found.(visitor)
	}
	v := newVisitor(t)
	visitors.Store(t, v)
	return v
}

func newVisitor(t reflect.Type) visitor {
	if leaf, ok := leaves[t]; ok {
		return leaf
	}
	inner := visitInner(t)
	check, ok := checks[t]
	if !ok {
		return inner
	}
	return func(in *inspector, v reflect.Value) {
		check(in, v)
		if inner != nil {
			inner(in, v)
		}
	}
}

func visitInner(t reflect.Type) visitor {
	switch t.Kind() {
	case reflect.Pointer:
		if to := visitorOf(t.Elem()); to != nil {
			return func(in *inspector, v reflect.Value) {
				if !v.IsNil() {
					to(in, v.Elem())
				}
			}
		}
	case reflect.Slice:
		return visitList(visitorOf(t.Elem()))
	case reflect.Map:
		return visitMap(visitorOf(t.Elem()))
	case reflect.Struct:
		return visitStruct(t)
	case reflect.String:
		return func(in *inspector, v reflect.Value) { in.text(v.String()) }
	}
	return nil
}

func visitList(item visitor) visitor {
	if item == nil {
		return nil
	}
	return func(in *inspector, v reflect.Value) {
		for i := range v.Len() {
			in.path = append(in.path, step{index: i})
			item(in, v.Index(i))
			in.path = in.path[:len(in.path)-1]
		}
	}
}

// visitMap goes by the order of keys, so that the same object gives the same words.
func visitMap(value visitor) visitor {
	return func(in *inspector, v reflect.Value) {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			in.path = append(in.path, step{name: key.String()})
			in.text(key.String())
			if value != nil {
				value(in, v.MapIndex(key))
			}
			in.path = in.path[:len(in.path)-1]
		}
	}
}

type visitedField struct {
	index int
	name  string
	visit visitor
	file  bool
}

func visitStruct(t reflect.Type) visitor {
	var fields []visitedField
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if visit := visitorOf(f.Type); visit != nil {
			fields = append(fields, visitedField{index: i, name: name, visit: visit, file: isFileField(f)})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	ways := authenticationsOf(t)
	return func(in *inspector, v reflect.Value) {
		embedded := in.embedded
		in.embedded = false
		for i := range fields {
			in.field(&fields[i], v)
		}
		if !embedded { // the fields of an embedded struct count among those of the one around it
			in.authenticatesOnce(ways, v)
		}
	}
}

func (in *inspector) field(f *visitedField, v reflect.Value) {
	field := v.Field(f.index)
	if field.IsZero() {
		return
	}
	if f.name == "" { // an embedded struct
		in.embedded = true
		f.visit(in, field)
		in.embedded = false
		return
	}
	in.path = append(in.path, step{name: f.name})
	if f.file && in.denyFiles {
		in.fault(FileAccess, "the Prometheus denies access to its files; use a Secret or ConfigMap instead")
	}
	f.visit(in, field)
	in.path = in.path[:len(in.path)-1]
}

// isFileField tells fields that name files of Prometheus: caFile, bearerTokenFile, credentialsFile, files.
func isFileField(f reflect.StructField) bool {
	return strings.HasSuffix(f.Name, "File") || f.Name == "Files"
}

// text is what every string has to be.
func (in *inspector) text(s string) {
	if !utf8.ValidString(s) {
		in.fault(InvalidText, "it is not UTF-8 text")
		return
	}
	if strings.Contains(s, "$(") {
		in.variables(s)
	}
}

// variables refuses $(NAME) but for the names that may be expanded here: the config-reloader would replace it, or refuse the whole
// configuration for it.
func (in *inspector) variables(s string) {
	for _, found := range reference.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(in.expand, found[1]) {
			in.fault(EnvReference, "$(%s) would be taken for a variable of the reloader, and may not be used here", found[1])
			return
		}
	}
}
