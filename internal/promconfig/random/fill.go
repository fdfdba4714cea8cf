package random

import (
	"fmt"
	"reflect"
	"strings"

	"pgregory.net/rapid"
)

// filler draws the value of one field.
type filler struct {
	t *rapid.T
	// depth bounds how far optional parts nest.
	depth int
	// old draws nothing that only the newest versions know.
	old bool
}

func (f *filler) often(label string) bool  { return f.one(label, 3) != 0 }
func (f *filler) seldom(label string) bool { return f.one(label, 4) == 0 }

func (f *filler) one(label string, of int) int { return rapid.IntRange(0, of-1).Draw(f.t, label) }

func choose[T any](f *filler, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(f.t, label)
}

// value draws by the type, by the name of the field, or else by the kind.
func (f *filler) value(v reflect.Value, name string) {
	if name == "scrapeTimeout" && v.Kind() == reflect.String {
		v.SetString("10s") // not above any interval that is drawn
		return
	}
	if draw, ok := byType[v.Type()]; ok {
		draw(f, v)
		return
	}
	if draw, ok := byName[name]; ok && v.Kind() == reflect.String {
		v.SetString(draw(f))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if f.depth < 9 && f.seldom(name) {
			v.Set(reflect.New(v.Type().Elem()))
			f.value(v.Elem(), name)
		}
	case reflect.Struct:
		f.fields(v)
	case reflect.Slice:
		f.list(v, name)
	case reflect.Map:
		f.entries(v, name)
	case reflect.String:
		v.SetString(choose(f, name, texts...))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(f.t, name))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.one(name, 5)))
	default:
		panic(fmt.Sprintf("random: no way to draw %s", v.Type()))
	}
}

func (f *filler) fields(v reflect.Value) {
	f.depth++
	for i := range v.NumField() {
		field := v.Type().Field(i)
		f.value(v.Field(i), jsonName(field))
	}
	f.depth--
	if repair, ok := repairs[v.Type()]; ok {
		repair(f, v)
	}
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

func (f *filler) list(v reflect.Value, name string) {
	if !f.seldom(name) && !needed[name] {
		return
	}
	n := 1 + f.one(name, 2)
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		f.value(v.Index(i), name)
	}
}

func (f *filler) entries(v reflect.Value, name string) {
	if !f.seldom(name) {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range 1 + f.one(name, 2) {
		value := reflect.New(v.Type().Elem()).Elem()
		f.value(value, name)
		v.SetMapIndex(reflect.ValueOf(choose(f, "key", keys...)).Convert(v.Type().Key()), value)
	}
}

// texts are strings that YAML may read as something else.
var texts = []string{"x", "a-b", "with: colon", "yes", "123", "1e3", "0x10", "ünï", "# no comment", " padded ", "a\nb", `q"uo'te`, "null", "~", "-", "{}"}

var keys = []string{"a", "b_c", "d1"}
