package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
)

func annotated(text string) *v1.PrometheusRule {
	return object("a", group("g", with(alert("A", "up == 0"), func(r *v1.Rule) { r.Annotations = map[string]string{"text": text} })))
}

// A template that would write or keep more than Prometheus has memory for is refused, and so quickly that it is no weapon itself.
func TestF75_EndlessTemplates(t *testing.T) {
	t.Parallel()
	nested := func(n int, body string) string {
		return strings.Repeat(`{{ range query "up" }}`, n) + body + strings.Repeat("{{ end }}", n)
	}
	for name, text := range map[string]string{
		"doubling":              `{{ $x := "ab" }}` + strings.Repeat(`{{ $x = print $x $x }}`, 30),
		"doubling by declaring": `{{ $x := "ab" }}` + strings.Repeat(`{{ $x := print $x $x }}`, 30),
		"doubling in a loop":    `{{ $x := "ab" }}{{ range query "up" }}{{ $x = print $x $x }}{{ end }}`,
		"doubling by printf":    `{{ $x := "ab" }}` + strings.Repeat(`{{ $x = printf "%[1]s%[1]s" $x }}`, 30),
		"doubling by plainness": `{{ $x := "ab" }}` + strings.Repeat(`{{ $x = printf "%s%s" $x $x }}`, 30),
		"quoting in a loop":     `{{ $x := "ab" }}{{ range query "up" }}{{ $x = printf "%q" $x }}{{ end }}`,
		"growing by replacing":  `{{ $x := "ab" }}` + strings.Repeat(`{{ $x = reReplaceAll "" "xxxxxxxx" $x }}`, 9),
		"growing by escaping":   `{{ $x := "<" }}` + strings.Repeat(`{{ $x = html $x }}`, 20),
		"loops in loops":        nested(4, "x"),
		"very deep loops":       nested(800, ""),
		"counting":              `{{ range 1000000000 }}x{{ end }}`,
		"counting a variable":   `{{ $n := 1000000000 }}{{ range $n }}x{{ end }}`,
		"counting for nothing":  `{{ range 1000000000 }}{{ end }}`,
		"counting the time":     `{{ range (now | toTime).Unix }}x{{ end }}`,
		"counting a duration":   `{{ range toDuration 3600.5 }}x{{ end }}`,
		"counting nanoseconds":  `{{ with toDuration 1.5 }}{{ range .Nanoseconds }}x{{ end }}{{ end }}`,
		"counting characters":   `{{ $x := printf "%1000000d" 1 }}{{ range len $x }}{{ range len $x }}x{{ end }}{{ end }}`,
		"counting by variable":  `{{ $n := len (printf "%1000000d" 1) }}{{ range $n }}{{ range $n }}{{ end }}{{ end }}`,
		"counting through if":   `{{ if $n := len (printf "%1000000d" 1) }}{{ range $n }}{{ range $n }}{{ end }}{{ end }}{{ end }}`,
		"counting by choice":    `{{ range (len (printf "%1000000d" 1) | or 0) }}{{ range 1000000 }}{{ end }}{{ end }}`,
		"recursion":             `{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}`,
		"calling itself":        strings.Repeat("x", 1000) + `{{ template "__alert_A" . }}`,
		"calling itself, late":  `{{ define "y" }}xxxxxx{{ template "__alert_A" . }}{{ end }}{{ template "y" . }}`,
		"calls in calls":        `{{ define "x" }}` + strings.Repeat(`{{ template "y" }}`, 300) + `{{ end }}{{ define "y" }}` + strings.Repeat(`{{ template "z" }}`, 300) + `{{ end }}{{ define "z" }}x{{ end }}{{ template "x" }}`,
		"padding":               `{{ printf "%1000000000d" 1 }}`,
		"padding by argument":   `{{ printf "%*d" 1000000000 1 }}`,
		"a piped format":        `{{ 1 | printf "%1000000000d" }}`,
		"a built format":        `{{ printf (print "%" "1000000000d") 1 }}`,
	} {
		took := fastest(3, func() {
			got := judge(prometheus(), annotated(text))
			if len(got.Findings) != 1 || got.Findings[0].Reason != rules.TooComplex || got.Findings[0].Path != "spec.groups[0].rules[0].annotations[text]" {
				t.Errorf("%s: want TooComplex, got %.300s", name, fmt.Sprint(got.Findings))
			}
		})
		if took > 100*time.Millisecond {
			t.Errorf("%s: refused after %s", name, took)
		}
	}
}

func TestOrdinaryTemplatesAreNotEndless(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"values":      `{{ $labels.job }} on {{ $labels.instance }} is at {{ $value | humanizePercentage }} ({{ printf "%.2f" $value }}).`,
		"replacing":   `{{ reReplaceAll "a" "b" (reReplaceAll ":.*" "" $labels.instance) | toUpper | title }}`,
		"a loop":      `{{ range query "up == 0" }}{{ .Labels.instance }}: {{ .Value | humanize }}, {{ printf "%s %5.1f" .Labels.job .Value }}{{ end }}`,
		"two loops":   `{{ range query "a" }}{{ .Labels.x }}{{ range query "b" }}{{ .Labels.y }}, {{ end }}{{ end }}`,
		"collecting":  `{{ $x := "" }}{{ range query "up" }}{{ $x = print $x .Labels.job ", " }}{{ end }}{{ $x }}`,
		"by printf":   `{{ $s := "" }}{{ range query "up" }}{{ $s = printf "%s %s" $s .Labels.instance }}{{ end }}{{ $s }}`,
		"comparing":   `{{ range query "up" }}{{ if gt .Value 1000000000.0 }}{{ .Labels.job }}{{ end }}{{ end }}`,
		"a choice":    `{{ if eq $labels.env "prod" }}page{{ else }}mail{{ end }}{{ with $labels.team }}{{ . }}{{ end }}`,
		"a link":      `{{ externalURL }}/graph?g0.expr={{ urlquery (printf "up{job=%q}" $labels.job) }}`,
		"a number":    `{{ range query "up" }}{{ end }}{{ if gt (len (query "up")) 5 }}{{ len (query "up") }} of {{ query "up" | len | printf "%d" }}{{ end }}`,
		"a time":      `{{ range query "x" }}{{ (.Value | toTime).Unix }} {{ ($value | toTime).Format "15:04" }} {{ (toDuration .Value).String }}{{ end }}`,
		"a label":     `{{ range query "x" }}{{ range query "y" }}{{ .Labels.Unix }}{{ end }}{{ end }}`,
		"first value": `{{ with printf "up{instance='%s'}" $labels.instance | query }}{{ . | first | value | humanize1024 }}{{ end }}`,
	} {
		if got := judge(prometheus(), annotated(text)); !got.Whole() {
			t.Errorf("%s: %v", name, got.Findings)
		}
	}
}

// fastest is the shortest of n runs: a busy machine makes some of them slow, and none fast.
func fastest(n int, run func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range n {
		start := time.Now()
		run()
		best = min(best, time.Since(start))
	}
	return best
}
