package reloader_test

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

// sidecarsPage is docs/sidecars.md.
func sidecarsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/sidecars.md")
	check(t, err)
	return string(page)
}

// TestTheCommandsOfThePageAreUnderstood parses what a newcomer copies from docs/sidecars.md.
func TestTheCommandsOfThePageAreUnderstood(t *testing.T) {
	text := strings.ReplaceAll(sidecarsPage(t), "\\\n", " ")
	commands := regexp.MustCompile(`(?m)^(config|rules)-reloader (--.*)$`).FindAllStringSubmatch(text, -1)
	if len(commands) != 3 {
		t.Fatalf("%d commands, want init and both reloaders", len(commands))
	}
	for _, c := range commands {
		o, err := reloader.Parse(contract.Domain(c[1]), strings.Fields(c[2]), env(), io.Discard)
		if err != nil || o.OutputDir != "/out" {
			t.Errorf("%s: %v, writes to %q", c[0], err, o.OutputDir)
		}
	}
}

// TestTheFlagsOfThePageExist looks every flag up that docs/sidecars.md names, but for those of Prometheus and of every program.
func TestTheFlagsOfThePageExist(t *testing.T) {
	var help strings.Builder
	for _, domain := range []contract.Domain{contract.Config, contract.Rules} {
		_, _ = reloader.Parse(domain, []string{"--help"}, env(), &help)
	}
	flags := regexp.MustCompile("[` ](--[a-z][a-z.-]*)").FindAllStringSubmatch(sidecarsPage(t), -1)
	if len(flags) < 40 {
		t.Fatalf("only %d flags on the page", len(flags))
	}
	for _, f := range flags {
		switch f[1] {
		case "--config.file", "--web.enable-lifecycle", "--help":
			continue
		}
		if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(f[1][1:]) + `\b`).MatchString(help.String()) {
			t.Errorf("there is no %s", f[1])
		}
	}
}
