package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The sidecars promise upstream's flags and metrics by these lists; their own tests go through them one by one.
const (
	flagList   = "../../../sidecars/internal/reloader/testdata/upstream-flags.txt"
	metricList = "../../../sidecars/internal/report/testdata/upstream-metrics.txt"
)

func TestTheListOfFlagsIsUpstreams(t *testing.T) {
	main, version := source(t, upstreamPackage), source(t, "github.com/prometheus-operator/prometheus-operator/pkg/versionutil")
	var names []string
	inspect(t, []string{filepath.Join(main, "main.go"), filepath.Join(version, "cli.go")}, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Flag" {
			names = append(names, text(t, call.Args[0]))
		}
	})
	same(t, flagList, names)
}

func TestTheListOfMetricsIsUpstreams(t *testing.T) {
	var names []string
	inspect(t, []string{filepath.Join(source(t, "github.com/thanos-io/thanos/pkg/reloader"), "reloader.go")}, func(n ast.Node) {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return
		}
		options, ok := lit.Type.(*ast.SelectorExpr)
		if !ok || !strings.HasSuffix(options.Sel.Name, "Opts") {
			return
		}
		for _, e := range lit.Elts {
			if field, ok := e.(*ast.KeyValueExpr); ok && field.Key.(*ast.Ident).Name == "Name" {
				names = append(names, text(t, field.Value)+" "+strings.ToLower(strings.TrimSuffix(options.Sel.Name, "Opts")))
			}
		}
	})
	same(t, metricList, names)
}

// source is the directory of one of upstream's packages.
func source(t *testing.T, pkg string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-find", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func inspect(t *testing.T, files []string, look func(ast.Node)) {
	t.Helper()
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool { look(n); return true })
	}
}

func text(t *testing.T, e ast.Expr) string {
	t.Helper()
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		t.Fatal("a name that is no literal")
	}
	name, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func same(t *testing.T, list string, found []string) {
	t.Helper()
	data, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	slices.Sort(found)
	if !slices.Equal(lines, found) {
		t.Errorf("%s has\n%s\nand upstream has\n%s", list, lines, found)
	}
}
