package prometheus_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
)

func readRules(t *testing.T) v1.PrometheusRule {
	t.Helper()
	var rule v1.PrometheusRule
	readYAML(t, "rules.yaml", &rule)
	return rule
}

// alerts are all rules; the operator records nothing about itself.
func alerts(t *testing.T) []v1.Rule {
	t.Helper()
	var all []v1.Rule
	for _, group := range readRules(t).Spec.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

const runbooks = "https://github.com/promloop/promloop/blob/main/docs/alerts.md#"

func TestAlertsSayWhatToDo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if heading, ok := strings.CutPrefix(strings.TrimSpace(line), "### "); ok {
			headings[heading] = true
		}
	}
	severities := map[string]bool{"critical": true, "warning": true, "info": true}
	for _, a := range alerts(t) {
		switch {
		case a.Annotations["summary"] == "" || a.Annotations["description"] == "":
			t.Errorf("%s lacks a summary or description", a.Alert)
		case !severities[a.Labels["severity"]] || a.For == nil:
			t.Errorf("%s lacks a known severity, or says not for how long", a.Alert)
		case a.Annotations["runbook_url"] != runbooks+strings.ToLower(a.Alert) || !headings[a.Alert]:
			t.Errorf("%s lacks a runbook_url that leads to its heading in docs/alerts.md", a.Alert)
		}
		delete(headings, a.Alert)
	}
	for heading := range headings {
		t.Errorf("docs/alerts.md tells of %s, which is no alert", heading)
	}
}

func TestAlertsReadWhatIsExported(t *testing.T) {
	t.Parallel()
	list := listed(t)
	for _, a := range alerts(t) {
		for _, mistake := range mistakes(a.Expr.String(), list) {
			t.Errorf("%s: %s", a.Alert, mistake)
		}
	}
}

// promtool runs the unit tests over these groups and returns what it prints.
func promtool(t *testing.T, groups []byte) (string, error) {
	t.Helper()
	binary := os.Getenv("PROMLOOP_PROMTOOL")
	if binary == "" {
		t.Fatal("PROMLOOP_PROMTOOL is not set: build promtool with `make parts` and name its path")
	}
	unitTests, err := os.ReadFile("rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"groups.yaml": groups, "tests.yaml": unitTests} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), binary, "test", "rules", "tests.yaml")
	command.Dir = dir
	out, err := command.CombinedOutput()
	return string(out), err
}

func groups(t *testing.T) []byte {
	t.Helper()
	text, err := yaml.Marshal(readRules(t).Spec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAlertsFireAndStaySilent(t *testing.T) {
	t.Parallel()
	if out, err := promtool(t, groups(t)); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var threshold = regexp.MustCompile(`> 0\.8\b`)

func TestUnitTestsNoticeAnotherThreshold(t *testing.T) {
	t.Parallel()
	altered := threshold.ReplaceAll(groups(t), []byte("> 0.9"))
	if out, err := promtool(t, altered); err == nil || !strings.Contains(out, "PromloopSizeNearLimit") {
		t.Errorf("a size of 0.81 no longer fires, and the tests pass: %v\n%s", err, out)
	}
}

func TestEveryAlertHasAUnitTestForBothOutcomes(t *testing.T) {
	t.Parallel()
	var file struct {
		Tests []struct {
			Cases []struct {
				Expr    string `json:"expr"`
				Samples []any  `json:"exp_samples"`
			} `json:"promql_expr_test"`
		} `json:"tests"`
	}
	text, err := os.ReadFile("rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, unit := range file.Tests {
		for _, c := range unit.Cases {
			fires[c.Expr] = fires[c.Expr] || len(c.Samples) > 0
			silent[c.Expr] = silent[c.Expr] || len(c.Samples) == 0
		}
	}
	for _, a := range alerts(t) {
		firing := `ALERTS{alertname="` + a.Alert + `",alertstate="firing"}`
		if !fires[firing] || !silent[firing] {
			t.Errorf("%s: rules_test.yaml has to show it firing and silent", a.Alert)
		}
	}
}
