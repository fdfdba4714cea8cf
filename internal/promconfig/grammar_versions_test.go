package promconfig

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver/v4"
)

// What a version knows stands in two places: where we write a directive, and where the user's own text has it.
func TestVersionsAgreeWithWhatIsWritten(t *testing.T) {
	e := newEncoder(semver.MustParse("3.16.0"))
	compared := 0
	for _, field := range e.entries(reflect.TypeFor[scrapeJob](), nil) {
		bound, ok := versions[jobKind][field.name]
		if !ok {
			bound = versions[anyKind][field.name]
		}
		// prometheus-operator writes some of them for later versions only than the first that knows them.
		if bound.since != "" && (field.since == "" || semver.MustParse(bound.since).GT(semver.MustParse(field.since))) {
			t.Errorf("%s is written since %q, and known since %s", field.name, field.since, bound.since)
		}
		if field.since != "" && bound.since == "" {
			t.Errorf("%s is written since %s, and its first version does not stand in versions", field.name, field.since)
		}
		if field.since != "" {
			compared++
		}
	}
	if compared < 10 {
		t.Errorf("only %d directives were compared", compared)
	}
}

// A bound of something that no mapping has would never be looked at.
func TestVersionsNameDirectives(t *testing.T) {
	for kind, bounds := range versions {
		kinds := []string{kind}
		if kind == anyKind {
			kinds = slices.Collect(maps.Keys(grammar()))
		}
		for name, bound := range bounds {
			directive, _, _ := strings.Cut(name, ": ")
			if !slices.ContainsFunc(kinds, func(k string) bool { return grammar()[k][directive] != "" || formerly[k][directive] != "" }) {
				t.Errorf("%s has no directive %s", kind, directive)
			}
			if (bound.since == "") == (bound.until == "") {
				t.Errorf("%s: %s has no bound, or two", kind, name)
			}
		}
	}
}
