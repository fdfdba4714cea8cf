package webhooks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// An answer says everything up to its bounds, and beyond them how much more there is.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for n, more := range map[int]string{refusalsTold: "", refusalsTold + 1: "and 1 more", refusalsTold + 30: "and 30 more"} {
		var a Answer
		for i := range n {
			a.refuse(fmt.Sprintf("spec.field[%d]", i), "it is %s", "wrong")
		}
		resp := a.response()
		lines := strings.Split(resp.Result.Message, "\n")
		if lines[0] != "spec.field[0]: it is wrong" || lines[refusalsTold-1] != fmt.Sprintf("spec.field[%d]: it is wrong", refusalsTold-1) {
			t.Errorf("%d refusals: %q", n, lines)
		}
		if got := strings.Join(lines[refusalsTold:], ""); got != more {
			t.Errorf("%d refusals end with %q, want %q", n, got, more)
		}
		if causes := resp.Result.Details.Causes; len(causes) != refusalsTold || causes[1].Field != "spec.field[1]" {
			t.Errorf("%d refusals: the causes are %v", n, causes)
		}
	}
	for n, more := range map[int]string{warningsTold: "", warningsTold + 1: "and 1 more warnings"} {
		var a Answer
		for i := range n {
			a.warn("doubt %d", i)
		}
		got := a.response().Warnings
		if got[warningsTold-1] != fmt.Sprintf("doubt %d", warningsTold-1) || strings.Join(got[warningsTold:], "") != more {
			t.Errorf("%d warnings: %q", n, got)
		}
	}
}

// A warning goes into a header: it is one line, of valid text, and short.
func TestWarningsAreCut(t *testing.T) {
	t.Parallel()
	var a Answer
	a.warn("two\nlines")
	a.warn("%s", strings.Repeat("é", warningBytes)) // of two bytes each, so that the bound may fall inside of one
	a.warn("x%s", strings.Repeat("é", warningBytes))
	got := a.response().Warnings
	if got[0] != "two lines" {
		t.Errorf("got %q", got[0])
	}
	for _, w := range got[1:] {
		if !utf8.ValidString(w) || len(w) > warningBytes+len("…") || !strings.HasSuffix(w, "é…") {
			t.Errorf("%d bytes: %q", len(w), w)
		}
	}
}

// What an object was refused for before is forgiven, anything else is not.
func TestForgiving(t *testing.T) {
	t.Parallel()
	old, other := Refusal{"spec.a", "old"}, Refusal{"spec.a", "new"}
	a := Answer{Refusals: []Refusal{old, other}}
	a.forgive(Answer{Refusals: []Refusal{old, {"spec.b", "new"}}})
	if !slices.Equal(a.Refusals, []Refusal{other}) || !slices.Equal(a.Warnings, []string{"wrong as before: spec.a: old"}) {
		t.Errorf("got %+v", a)
	}
}
