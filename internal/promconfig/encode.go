package promconfig

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/blang/semver/v4"
	yaml "go.yaml.in/yaml/v3"
)

// encoder writes values as block YAML. How a type is written for one version of Prometheus is worked out once.
type encoder struct {
	version semver.Version
	shapes  map[reflect.Type]*shape
	// scope is where the references of the object at hand are looked up.
	scope *scope
	// ignored is told of each directive that is set and that this version of Prometheus does not know.
	ignored func(directive)
	out     []byte
}

func newEncoder(version semver.Version) *encoder {
	return &encoder{version: version, shapes: map[reflect.Type]*shape{}, ignored: func(directive) {}}
}

// shape says how values of one type are written.
type shape struct {
	// value writes what stands behind "key:" or "-", with its line end. A mapping goes into lines indented by indent, a list's
	// dashes two columns before.
	value func(e *encoder, v reflect.Value, indent int)
	// scalar writes the value alone, for lists in one line. It is nil for lists and mappings.
	scalar func(e *encoder, v reflect.Value)
	// empty reports whether a field with this value is left out.
	empty func(v reflect.Value) bool
}

// shapeOf works out the shape of a type. A type that refers to itself would not end; the API has none.
func (e *encoder) shapeOf(t reflect.Type) *shape {
	if s, ok := e.shapes[t]; ok {
		return s
	}
	s := e.newShape(t)
	e.shapes[t] = s
	return s
}

func (e *encoder) newShape(t reflect.Type) *shape {
	if t == reflect.TypeFor[*yaml.Node]() {
		return nodeShape()
	}
	if translate, ok := translations[t]; ok {
		return translate.shape(e)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return pointerTo(e.shapeOf(t.Elem()))
	case reflect.Slice:
		return listOf(e.shapeOf(t.Elem()))
	case reflect.Map:
		return mapOf(e.shapeOf(t.Elem()))
	case reflect.Struct:
		return e.mapping(t)
	case reflect.Bool:
		return scalarShape(func(e *encoder, v reflect.Value) { e.out = strconv.AppendBool(e.out, v.Bool()) })
	case reflect.Int, reflect.Int32, reflect.Int64:
		return scalarShape(func(e *encoder, v reflect.Value) { e.out = strconv.AppendInt(e.out, v.Int(), 10) })
	case reflect.Float64:
		return scalarShape(func(e *encoder, v reflect.Value) { e.out = strconv.AppendFloat(e.out, v.Float(), 'g', -1, 64) })
	case reflect.String:
		return scalarShape(func(e *encoder, v reflect.Value) { e.out = appendScalar(e.out, v.String()) })
	case reflect.Interface:
		return dynamic()
	}
	panic("promconfig: no way to write " + t.String())
}

func scalarShape(scalar func(*encoder, reflect.Value)) *shape {
	return &shape{
		scalar: scalar,
		value: func(e *encoder, v reflect.Value, _ int) {
			e.out = append(e.out, ' ')
			scalar(e, v)
			e.out = append(e.out, '\n')
		},
		empty: reflect.Value.IsZero,
	}
}

// dynamic writes what an interface holds.
func dynamic() *shape {
	return &shape{
		value: func(e *encoder, v reflect.Value, indent int) { e.shapeOf(v.Elem().Type()).value(e, v.Elem(), indent) },
		empty: reflect.Value.IsNil,
	}
}

func pointerTo(to *shape) *shape {
	s := &shape{
		value: func(e *encoder, v reflect.Value, indent int) { to.value(e, v.Elem(), indent) },
		empty: reflect.Value.IsNil,
	}
	if to.scalar != nil {
		s.scalar = func(e *encoder, v reflect.Value) { to.scalar(e, v.Elem()) }
	}
	return s
}

// listOf writes scalars in one line and mappings one below the other.
func listOf(item *shape) *shape {
	s := &shape{empty: isEmpty, value: func(e *encoder, v reflect.Value, indent int) { e.items(item, v, indent) }}
	if item.scalar != nil {
		s.value = func(e *encoder, v reflect.Value, _ int) { e.row(item, v) }
	}
	return s
}

func isEmpty(v reflect.Value) bool { return v.Len() == 0 }

func (e *encoder) row(item *shape, v reflect.Value) {
	e.out = append(e.out, " ["...)
	for i := range v.Len() {
		if i > 0 {
			e.out = append(e.out, ", "...)
		}
		item.scalar(e, v.Index(i))
	}
	e.out = append(e.out, "]\n"...)
}

// items writes a list of mappings. A mapping begins on the line of its dash.
func (e *encoder) items(item *shape, v reflect.Value, indent int) {
	if v.Len() == 0 {
		e.out = append(e.out, " []\n"...)
		return
	}
	e.out = append(e.out, '\n')
	for i := range v.Len() {
		e.item(item, v.Index(i), indent)
	}
}

func (e *encoder) item(item *shape, v reflect.Value, indent int) {
	e.out = appendIndent(e.out, indent-2)
	e.out = append(e.out, '-')
	dash := len(e.out)
	item.value(e, v, indent)
	if e.out[dash] == '\n' { // the first key moves up to the dash
		e.out[dash] = ' '
		e.out = append(e.out[:dash+1], e.out[dash+1+indent:]...)
	}
}

// mapOf writes keys in their order, so that equal maps give equal bytes.
func mapOf(value *shape) *shape {
	return &shape{empty: isEmpty, value: func(e *encoder, v reflect.Value, indent int) {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		if len(keys) == 0 {
			e.out = append(e.out, " {}\n"...)
			return
		}
		e.out = append(e.out, '\n')
		for _, key := range keys {
			e.out = appendIndent(e.out, indent)
			e.out = appendScalar(e.out, key.String())
			e.out = append(e.out, ':')
			value.value(e, v.MapIndex(key), indent+2)
		}
	}}
}

func appendIndent(out []byte, n int) []byte {
	const spaces = "                                "
	for ; n > len(spaces); n -= len(spaces) {
		out = append(out, spaces...)
	}
	return append(out, spaces[:n]...)
}

// list writes one item of a list whose dashes stand in the first column.
func (e *encoder) list(item any) {
	v := reflect.ValueOf(item)
	e.item(e.shapeOf(v.Type()), v, 2)
}

// section writes a key in the first column, and its value.
func (e *encoder) section(key string, value any) {
	e.out = append(e.out, key...)
	e.out = append(e.out, ':')
	v := reflect.ValueOf(value)
	e.shapeOf(v.Type()).value(e, v, 2)
}
