package webhooks

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// What is found without a decoder is what a decoder finds.
func TestRawMemberIsThatOfADecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(map[string]any{"a": anyJSON(t, 3), "request": map[string]any{
			"aobject": anyJSON(t, 3), "object": anyJSON(t, 3), "z": anyJSON(t, 3), `"object"`: 1,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indented") {
			var out bytes.Buffer
			if err := json.Indent(&out, text, "", "\t"); err != nil {
				t.Fatal(err)
			}
			text = out.Bytes()
		}
		var want struct {
			Request struct{ Object json.RawMessage }
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if got := rawMember(text, "request", "object"); !bytes.Equal(got, want.Request.Object) {
			t.Fatalf("found %q, not %q, in %s", got, want.Request.Object, text)
		}
		if got := rawMember(text, "request", "nothing"); got != nil {
			t.Fatalf("found %q", got)
		}
	})
}

// Text of any kind ends somewhere.
func FuzzRawMember(f *testing.F) {
	f.Add([]byte(`{"request":{"uid":"a","object":{"a":"\\\"}"}}}`))
	f.Add([]byte(`{"request":{"object":`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := rawMember(text, "request", "object"); len(got) > len(text) {
			t.Errorf("%q is not in %q", got, text)
		}
	})
}

func anyJSON(t *rapid.T, depth int) any {
	kinds := 5
	if depth == 0 {
		kinds = 3
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]any{nil, true, -1.5e9, 0}).Draw(t, "value")
	case 1, 2:
		return rapid.StringOf(rapid.RuneFrom([]rune("a\\\"{}[],: \nobject"))).Draw(t, "text")
	case 3:
		return []any{anyJSON(t, depth-1), anyJSON(t, depth-1)}
	}
	return map[string]any{"object": anyJSON(t, depth-1), "b": anyJSON(t, depth-1)}
}
