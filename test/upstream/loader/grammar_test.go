package loader

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the grammar anew")

const grammarFile = "../../../internal/promconfig/grammar.json"

func TestGrammarIsThatOfPrometheus(t *testing.T) {
	g, err := prometheusGrammar()
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(grammarFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(grammarFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("Prometheus knows other directives (-want +got); go test -update writes what it knows:\n%s", diff)
	}
}
