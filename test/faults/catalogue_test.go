package faults

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// catalogue is every fault of groups A to D; those of onTheChain need an operator or a kubelet and are proved in test/chain.
var (
	catalogue = strings.Fields(`A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13
		B14 B15 B16 B17 B18 B19 B20 B21 B22 B23 B24 B25 B26 B27 B28 B29 B57
		C30 C31 C32 C33 C34 C35 C36 C37 C38 C39 C40 C41
		D42 D43 D44 D58 D59 D60 D61 D62`)
	onTheChain = strings.Fields("A9 A13 B14 B15 B16 B17 B18 B21 B22 D43")
)

// TestEveryFaultHasATest holds the page, the catalogue and the tests together: no row is missing from any of them.
func TestEveryFaultHasATest(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	here, chain, found := strings.Cut(string(text), "<!-- table of the chain: begin -->")
	if !found {
		t.Fatal("docs/faults.md has no table of the chain")
	}
	tested := namedTests(t, ".", sidecars+"/internal/transaction")
	for _, id := range catalogue {
		table := here
		if slices.Contains(onTheChain, id) {
			table = chain
		} else if !slices.Contains(tested, id) {
			t.Errorf("no test is called Test%s_", id)
		}
		if !strings.Contains(table, "\n| "+id+" | ") {
			t.Errorf("docs/faults.md has no row for %s; make test-faults ARGS=-write=$PWD/docs/faults.md writes those of the sidecars", id)
		}
	}
	for _, id := range tested {
		if strings.ContainsAny(id[:1], "ABCD") && !slices.Contains(catalogue, id) {
			t.Errorf("Test%s_ proves a fault that the catalogue does not know", id)
		}
	}
}

// namedTests are the ids in the names of the tests in these directories.
func namedTests(t *testing.T, dirs ...string) (ids []string) {
	name := regexp.MustCompile(`(?m)^func Test([A-F]\d+)_`)
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no tests in %s: %v", dir, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range name.FindAllStringSubmatch(string(text), -1) {
				ids = append(ids, m[1])
			}
		}
	}
	return ids
}

// TestThePageHasEveryScenario holds the table of results to what the tests say of themselves, and none of its rows failed.
func TestThePageHasEveryScenario(t *testing.T) {
	page, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bid: "([A-F]\d+)", what: "([^"]+)",`).FindAllStringSubmatch(string(text), -1) {
			rows = append(rows, "\n| "+m[1]+" | "+m[2]+" | holds | 0 | 0 | ")
		}
	}
	if len(rows) < len(catalogue)-len(onTheChain) {
		t.Fatalf("only %d scenarios found", len(rows))
	}
	for _, row := range rows {
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/faults.md lacks%s; make test-faults ARGS=-write=$PWD/docs/faults.md writes it", row)
		}
	}
}
