package status

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Whoever finds a reason in a status finds in the documentation what to do about it.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	const readme, prometheus = "../../docs/kinds/README.md", "../../docs/kinds/prometheus.md"
	verdicts := explainedIn(t, readme, "### Verdicts")
	conditions := explainedIn(t, readme, "## Conditions of a configuration object") + explainedIn(t, prometheus, "## Read its conditions")
	for file, explained := range map[string]string{
		"../promconfig/fault.go":   verdicts,
		"../rules/finding.go":      verdicts,
		"../selection/selector.go": verdicts,
		"../workload/workload.go":  conditions,
		"reasons.go":               conditions,
	} {
		reasons := constantsIn(t, file)
		if len(reasons) == 0 {
			t.Errorf("%s has no reasons", file)
		}
		for _, reason := range reasons {
			if !strings.Contains(explained, "`"+reason+"`") {
				t.Errorf("%s of %s stands in no table of docs/kinds", reason, file)
			}
		}
	}
}

func TestEveryReasonOfTheReloadersIsExplained(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../sidecars/internal/contract/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	explained := explainedIn(t, "../../docs/troubleshooting.md", "## Reasons of the reloaders")
	reasons := regexp.MustCompile(`Reason = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(reasons) == 0 {
		t.Error("the reloaders have no reasons")
	}
	for _, m := range reasons {
		if !strings.Contains(explained, "`"+m[1]+"`") {
			t.Errorf("%s is not explained", m[1])
		}
	}
}

// A reason that stands elsewhere as a text would escape the test above.
func TestReasonsStandInOnePlace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	oneWord := regexp.MustCompile(`"[A-Z][A-Za-z]+"`)
	for _, file := range files {
		if file == "reasons.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range oneWord.FindAllString(string(source), -1) {
			t.Errorf("%s has the text %s: reasons are constants of reasons.go", file, word)
		}
	}
}

// explainedIn are the first cells of the tables that follow a heading of a page.
func explainedIn(t *testing.T, page, heading string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), heading)
	if !found {
		t.Fatalf("%s has no heading %q", page, heading)
	}
	var cells strings.Builder
	for line := range strings.Lines(section) {
		if row, isRow := strings.CutPrefix(line, "| "); isRow {
			cell, _, _ := strings.Cut(row, " |")
			cells.WriteString(cell + "\n")
		}
	}
	return cells.String()
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
