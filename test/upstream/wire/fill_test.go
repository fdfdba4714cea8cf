package wire_test

import (
	"fmt"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	oursintstr "github.com/promloop/promloop/api/intstr"
)

// filler sets every field that reflection finds. Where its draw is nil it sets each of them to something; otherwise chance decides
// what is nil, what is empty and what is set, since the three differ on the wire.
type filler struct{ draw *rapid.T }

// new makes a filled value of the type that zero has and returns a pointer to it.
func (f filler) new(zero any) any {
	v := reflect.New(reflect.TypeOf(zero))
	f.fill(v.Elem())
	return v.Interface()
}

func (f filler) fill(v reflect.Value) {
	if f.fillKnown(v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		if f.pick(1, 2) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		f.fillSlice(v)
	case reflect.Map:
		f.fillMap(v)
	default:
		f.fillScalar(v)
	}
}

// fillKnown sets the types that are one value on the wire and several in Go.
func (f filler) fillKnown(v reflect.Value) bool {
	switch known := v.Addr().Interface().(type) {
	case *metav1.Time:
		*known = metav1.NewTime(time.Unix(int64(1700000000+f.pick(1, 3)), 0).UTC())
	case *metav1.FieldsV1:
		known.SetRawString(`{"f:spec":{}}`)
	case *resource.Quantity:
		*known = resource.MustParse([]string{"0", "100m", "1Gi", "1500M"}[f.pick(1, 4)])
	case *intstr.IntOrString:
		*known = []intstr.IntOrString{intstr.FromInt32(0), intstr.FromString("web"), intstr.FromString("25%"), intstr.FromInt32(9090)}[f.pick(1, 4)]
	case *oursintstr.IntOrString: // what each of theirs reads and writes as it is
		*known = oursintstr.FromString([]string{"0", "100m", "1Gi", "1500M"}[f.pick(1, 4)])
	default:
		return false
	}
	return true
}

func (f filler) fillSlice(v reflect.Value) {
	length := f.pick(2, 4) - 1 // -1 is nil
	if length < 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), length, length))
	for i := range length {
		f.fill(v.Index(i))
	}
}

func (f filler) fillMap(v reflect.Value) {
	length := f.pick(2, 4) - 1 // -1 is nil
	if length < 0 {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := range length {
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("key-%d", i)).Convert(v.Type().Key()), value)
	}
}

func (f filler) fillScalar(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "a", "30s", "http://example.com/?a=b&c=<d>", "zażółć"}[f.pick(1, 5)])
	case reflect.Bool:
		v.SetBool(f.pick(1, 2) > 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt([]int64{0, 1, -1, 1<<31 - 1}[f.pick(1, 4)])
	default:
		panic(fmt.Sprintf("no values for a %s: teach the filler", v.Type()))
	}
}

// pick draws from 0 to n-1; without a draw it is always full.
func (f filler) pick(full, n int) int {
	if f.draw == nil {
		return full
	}
	return rapid.IntRange(0, n-1).Draw(f.draw, "pick")
}
