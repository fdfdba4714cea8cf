package wire_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTheirObjectsComeBackUnchanged(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				if diff := through(filler{rt}.new(k.theirs), k.ours, same); diff != "" {
					rt.Fatalf("an object of theirs changed in our types (-before +after):\n%s", diff)
				}
			})
		})
	}
}

func TestOurObjectsComeBackUnchanged(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				if diff := through(filler{rt}.new(k.ours), k.theirs, sameButStatus); diff != "" {
					rt.Fatalf("an object of ours changed in their types (-before +after):\n%s", diff)
				}
			})
		})
	}
}

// Random objects rarely hold everything at once, so that one object with every field set is tried for itself.
func TestAFullObjectComesBackUnchanged(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			if diff := through(filler{}.new(k.theirs), k.ours, same); diff != "" {
				t.Errorf("an object of theirs changed in our types (-before +after):\n%s", diff)
			}
		})
	}
}

// through sends object over the wire into its own type, from there into the type of via, and returns what compare finds between
// the two. The own type goes first because some values do not survive even that: an empty list that Go keeps apart from none.
func through(object, via any, compare func(before, after any) string) string {
	raw, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	before, err := recode(raw, object)
	if err != nil {
		return err.Error()
	}
	after, err := recode(before, via)
	if err != nil {
		return err.Error()
	}
	return compare(plain(before), plain(after))
}

// recode decodes into a new value of the type that like has, or points to, and encodes that.
func recode(raw []byte, like any) ([]byte, error) {
	typ := reflect.TypeOf(like)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	value := reflect.New(typ).Interface()
	if err := json.Unmarshal(raw, value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func same(before, after any) string { return cmp.Diff(before, after) }

// sameButStatus lets before have more than after under status, where fields of our own lie.
func sameButStatus(before, after any) string {
	b, a := before.(map[string]any), after.(map[string]any)
	if status, ok := a["status"]; ok {
		b["status"] = restrict(b["status"], status)
	} else {
		delete(b, "status")
	}
	return cmp.Diff(b, a)
}

// restrict drops from the objects in v what the objects in like do not have.
func restrict(v, like any) any {
	switch v := v.(type) {
	case map[string]any:
		shape, _ := like.(map[string]any)
		for key := range v {
			if _, ok := shape[key]; !ok {
				delete(v, key)
				continue
			}
			v[key] = restrict(v[key], shape[key])
		}
	case []any:
		shape, _ := like.([]any)
		for i := range min(len(v), len(shape)) {
			v[i] = restrict(v[i], shape[i])
		}
	}
	return v
}

func plain(raw []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		panic(err) // what was encoded can be decoded
	}
	return out
}
