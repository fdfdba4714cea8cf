package rules_test

import (
	"flag"
	"io"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/internal/rules"
)

func TestFlags(t *testing.T) {
	t.Parallel()
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	limits := rules.Flags(fs)
	if err := fs.Parse([]string{"--rule-expr-depth=7", "--rule-namespace-bytes=0"}); err != nil {
		t.Fatal(err)
	}
	want := rules.DefaultLimits(4)
	want.ExprDepth, want.NamespaceBytes = 7, 0
	if diff := cmp.Diff(want, limits(4)); diff != "" {
		t.Errorf("what is set counts, and defaults go by the number of ConfigMaps (-want +got):\n%s", diff)
	}
	flags := 0
	fs.VisitAll(func(*flag.Flag) { flags++ })
	if fields := reflect.TypeFor[rules.Limits]().NumField(); flags != fields {
		t.Errorf("every limit has a flag: %d flags, %d limits", flags, fields)
	}
	if err := fs.Parse([]string{"--rule-expr-depth=deep"}); err == nil {
		t.Error("want an error for what is not a number")
	}
}
