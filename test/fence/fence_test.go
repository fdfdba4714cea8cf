// Package fence holds the direction of dependencies: main leads to controllers and webhooks, these to internal, that to api, and
// nothing back. Decisions are pure: what they need is in their arguments.
package fence

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/promloop/promloop"

// source is one Go file outside of tests, by its directory below the root of the checkout.
type source struct {
	dir, file string
	imports   []string
	clock     []token.Position // calls that read the clock
}

// rule says what a part of the tree may not import, and why.
type rule struct {
	part   string // directory below the root, with all below it
	except []string
	banned []string // import paths, with all below them
	why    string
}

func rules() []rule {
	own := func(parts ...string) []string {
		var out []string
		for _, p := range parts {
			out = append(out, path.Join(module, p))
		}
		return out
	}
	return []rule{
		{part: "api", banned: own("controllers", "internal", "webhooks", "cmd"), why: "types decide nothing"},
		{part: "internal", banned: own("controllers", "webhooks", "cmd"), why: "a decision does not know who asks"},
		{part: "controllers", banned: own("webhooks", "cmd"), why: "the two doors share their judge, not each other"},
		{part: "webhooks", banned: own("controllers", "cmd"), why: "the two doors share their judge, not each other"},
		{part: "cmd", banned: own("controllers"), why: "the plugin decides with internal, and writes nothing"},
		{part: "internal", banned: []string{
			"k8s.io/client-go/kubernetes", "k8s.io/client-go/rest", "k8s.io/client-go/dynamic", "k8s.io/client-go/tools",
			"sigs.k8s.io/controller-runtime",
		}, why: "a decision reads the World, never the API"},
		{part: "internal", banned: []string{"github.com/go-logr", "log", "log/slog", "k8s.io/klog"}, why: "a decision returns its reason; the shell logs it"},
		{part: "internal", banned: []string{"net/http", "os", "os/exec", "k8s.io/utils/clock"}, except: []string{"net/http/httptest"},
			why: "a decision has no input but its arguments"},
		{part: "", banned: own("sidecars", "test", "hack"), why: "the sidecars are an island, and nothing imports tests"},
		{part: "sidecars", banned: []string{module + "/api", module + "/internal", module + "/controllers", module + "/webhooks", "k8s.io", "sigs.k8s.io"},
			why: "a sidecar knows files and Prometheus, not Kubernetes"},
	}
}

func TestImportsKeepTheirDirection(t *testing.T) {
	t.Parallel()
	for _, mistake := range violations(t, filepath.Join("..", "..")) {
		t.Error(mistake)
	}
}

func TestDecisionsReadNoClock(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, filepath.Join("..", "..")) {
		if below(s.dir, "internal") && !below(s.dir, "internal/promconfig/random") { // which makes inputs for tests
			for _, at := range s.clock {
				t.Errorf("%s: a decision takes the time from its World", at)
			}
		}
	}
}

func TestAPlantedViolationIsFound(t *testing.T) {
	t.Parallel()
	for part, imported := range map[string]string{
		"internal/plan":         module + "/controllers",
		"internal/rules":        "sigs.k8s.io/controller-runtime/pkg/client",
		"internal/delivery":     "log/slog",
		"api/v1":                module + "/internal/world",
		"controllers":           module + "/webhooks",
		"webhooks":              module + "/test/chain/stack",
		"sidecars/internal/set": module + "/internal/contract",
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			dir := filepath.Join(root, filepath.FromSlash(part))
			text := "package planted\n\nimport (\n\t\"time\"\n\n\t_ \"" + imported + "\"\n)\n\nvar now = time.Now()\n"
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "planted.go"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if len(violations(t, root)) == 0 {
				t.Errorf("%s imports %s, and nobody minds", part, imported)
			}
			if len(sources(t, root)[0].clock) != 1 {
				t.Error("a call of time.Now is not seen")
			}
		})
	}
}

// TestEveryPartIsThere fails when a directory that a rule speaks of was renamed, and the rule has come to hold nothing.
func TestEveryPartIsThere(t *testing.T) {
	t.Parallel()
	all := sources(t, filepath.Join("..", ".."))
	for _, r := range rules() {
		if !slices.ContainsFunc(all, func(s source) bool { return below(s.dir, r.part) }) {
			t.Errorf("a rule speaks of %s, where no Go file is", r.part)
		}
	}
}

// TestSidecarsStaySmall holds what the sidecars' module requires to what is known to be worth its weight.
func TestSidecarsStaySmall(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "sidecars", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	direct := 0
	for scan := bufio.NewScanner(file); scan.Scan(); {
		line := strings.TrimSpace(scan.Text())
		if strings.Contains(line, " v") && !strings.HasPrefix(line, "go ") && !strings.HasSuffix(line, "// indirect") && !strings.HasPrefix(line, "//") {
			direct++
		}
	}
	if direct > 3 {
		t.Errorf("the sidecars' module requires %d others: a sidecar weighs what its worst import weighs", direct)
	}
}

func violations(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	for _, s := range sources(t, root) {
		for _, r := range rules() {
			if !below(s.dir, r.part) || below(s.dir, "test") || below(s.dir, "hack") || r.part == "" && below(s.dir, "sidecars") {
				continue
			}
			for _, imported := range s.imports {
				banned := func(b string) bool { return below(imported, b) }
				if slices.ContainsFunc(r.banned, banned) && !slices.Contains(r.except, imported) {
					out = append(out, s.file+" imports "+imported+": "+r.why)
				}
			}
		}
	}
	return out
}

// below reports whether a slash-separated path is dir or lies in it; "" has everything in it.
func below(p, dir string) bool {
	return dir == "" || p == dir || strings.HasPrefix(p, dir+"/")
}

// sources reads every Go file of the checkout that is no test.
func sources(t *testing.T, root string) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2 {
				return filepath.SkipDir
			}
			return err
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			s, err := read(root, name)
			out = append(out, s)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("no Go file below %s", root)
	}
	return out
}

func read(root, name string) (source, error) {
	dir, err := filepath.Rel(root, filepath.Dir(name))
	if err != nil {
		return source{}, err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	s := source{dir: filepath.ToSlash(dir), file: name}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, imported)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After"}, call.Sel.Name) {
			s.clock = append(s.clock, set.Position(call.Pos()))
		}
		return true
	})
	return s, nil
}
