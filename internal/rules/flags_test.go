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
	for _, wrong := range []string{"--rule-expr-depth=deep", "--rule-expr-depth=-1", "--rule-shard-bytes=0", "--rule-shard-bytes=1048577"} {
		if err := fs.Parse([]string{wrong}); err == nil {
			t.Errorf("%s: want an error", wrong)
		}
	}
	if err := fs.Parse([]string{"--rule-shard-bytes=100000"}); err != nil {
		t.Fatal(err)
	}
	if got := limits(4); got.ShardBytes != 100_000 || got.FillBytes != 70_000 || got.ReserveBytes != 25_000 || got.NamespaceBytes != 0 {
		t.Errorf("what goes by the size of a ConfigMap follows it, unless it is set: %+v", got)
	}
}
