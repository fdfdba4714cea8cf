package status

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Whoever finds a reason in a status finds in the documentation what to do about it.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/kinds/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "### Verdicts")
	for _, file := range []string{"../promconfig/fault.go", "../rules/finding.go", "../selection/selector.go"} {
		reasons := constantsIn(t, file)
		if len(reasons) == 0 {
			t.Errorf("%s has no reasons", file)
		}
		for _, reason := range reasons {
			if !strings.Contains(table, "`"+reason+"`") {
				t.Errorf("%s of %s is not in the table of docs/kinds/README.md", reason, file)
			}
		}
	}
}

// constantsIn are the values of a file's exported text constants.
func constantsIn(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, _ := strconv.Unquote(literal.Value)
			out = append(out, value)
		}
		return true
	})
	return out
}
