package chart

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ reason, without, with, want, err string }{
		"Same":    {"what is equal has no condition", "a\nb\n", "a\nb\n", "a\nb\n", ""},
		"Added":   {"a run of lines has one condition", "a\nd\n", "a\nb\nc\nd\ne\n", "a\n{{- if x }}\nb\nc\n{{- end }}\nd\n{{- if x }}\ne\n{{- end }}\n", ""},
		"Changed": {"a line that is not kept would be lost", "a\nb\n", "a\nc\n", "", `"b\n"`},
		"Cut":     {"the last line too", "a\nb\n", "a\n", "", `"b\n"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := merge(tc.without, tc.with, "x")
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), strings.ReplaceAll(tc.err, "\n", `\n`)) {
				t.Errorf("%s: got %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
