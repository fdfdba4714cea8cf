package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/cmd/kubectl-promloop/internal/manifest"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

func lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint PATH...",
		Short: "Print everything that is wrong with manifests, with file and line",
		Long: "Reads manifests from files, directories or, with -, from standard input; other kinds than promloop's are passed over.\n" +
			"Each object is judged alone, by the schema of its kind and as the webhook does; where a Prometheus is among them, what\n" +
			"it selects is also judged together, as the operator does: then a Secret that is referred to has to be there too.\n" +
			"The exit status is 1 when something is wrong. A field that a Prometheus is too old for, and does without, is only noted.",
		Example: "  kubectl promloop lint manifests/\n  helm template my-chart | kubectl promloop lint -\n  kubectl get servicemonitors,podmonitors -A -o yaml | kubectl promloop lint -",
		Args:    cobra.MinimumNArgs(1),
		RunE:    lint,
	}
}

func lint(c *cobra.Command, paths []string) error {
	set, problems, err := manifest.Read(paths, c.InOrStdin())
	if err != nil {
		return err
	}
	problems = append(problems, alone(&set)...)
	for _, p := range set.Prometheuses {
		pl, _ := planOf(&set, p, defaults())
		problems = append(problems, unsaid(problems, verdicts(&set, p, pl))...)
		for _, note := range omitted(&set, p, pl) {
			fmt.Fprintln(c.ErrOrStderr(), "note:", note)
		}
	}
	return tell(c.OutOrStdout(), problems)
}

// alone judges each object by itself, for any Prometheus.
func alone(set *manifest.Set) []manifest.Problem {
	var out []manifest.Problem
	judge(set, &out, world.Prometheus, set.Prometheuses)
	judge(set, &out, world.ServiceMonitor, set.ServiceMonitors)
	judge(set, &out, world.PodMonitor, set.PodMonitors)
	judge(set, &out, world.Probe, set.Probes)
	judge(set, &out, world.ScrapeConfig, set.ScrapeConfigs)
	rule := rules.NewJudge(rules.AnyTarget(), rules.DefaultLimits(defaults().RuleShards))
	for _, r := range set.Rules {
		for _, f := range rule.Object(r).Findings {
			out = append(out, set.Problem(world.ObjectOf(world.PrometheusRule, r), f.Path, f.String()))
		}
	}
	return out
}

func judge[P metav1.Object](set *manifest.Set, out *[]manifest.Problem, kind world.Kind, objects []P) {
	for _, o := range objects {
		for _, f := range promconfig.Faults(o) {
			*out = append(*out, set.Problem(world.ObjectOf(kind, o), f.Path, f.String()))
		}
	}
}

// verdicts are what a Prometheus says of the objects that it selects. Where there are several, each says which it is.
func verdicts(set *manifest.Set, p *v1.Prometheus, pl plan.Plan) []manifest.Problem {
	of := selectedBy(set, p)
	places := refusedRules(set, p, pl)
	for id, faults := range pl.Config.Faults {
		for _, f := range faults {
			places[id] = append(places[id], place{field: f.Path, message: f.String()})
		}
	}
	var out []manifest.Problem
	for id, verdict := range pl.Verdicts {
		if len(places[id]) == 0 {
			field, _, _ := strings.Cut(verdict.Message, ":")
			places[id] = []place{{field: field, message: verdict.Message}}
		}
		for _, at := range places[id] {
			out = append(out, set.Problem(id, at.field, at.message+of))
		}
	}
	return out
}

func selectedBy(set *manifest.Set, p *v1.Prometheus) string {
	if len(set.Prometheuses) == 1 {
		return ""
	}
	return fmt.Sprintf(" (as Prometheus %s/%s selects it)", p.Namespace, p.Name)
}

// omitted are the fields that a Prometheus is too old for. The rest of the rules is used without them, so nothing is wrong.
func omitted(set *manifest.Set, p *v1.Prometheus, pl plan.Plan) []manifest.Problem {
	var out []manifest.Problem
	judge := rules.NewJudge(rules.TargetOf(p), rules.DefaultLimits(defaults().RuleShards))
	for _, r := range set.Rules {
		id := world.ObjectOf(world.PrometheusRule, r)
		if pl.Rules.Notes[id] == "" {
			continue
		}
		for _, f := range judge.Object(r).Omitted() {
			out = append(out, set.Problem(id, f.Path, f.String()+selectedBy(set, p)))
		}
	}
	return out
}

// place is what is wrong with one field.
type place struct{ field, message string }

// refusedRules are the places of what a Prometheus refuses in rules. Those that only have no room for it have none.
func refusedRules(set *manifest.Set, p *v1.Prometheus, pl plan.Plan) map[world.Object][]place {
	out := map[world.Object][]place{}
	judge := rules.NewJudge(rules.TargetOf(p), rules.DefaultLimits(defaults().RuleShards))
	for _, r := range set.Rules {
		id := world.ObjectOf(world.PrometheusRule, r)
		if _, refused := pl.Verdicts[id]; !refused {
			continue
		}
		for _, f := range judge.Object(r).Findings {
			out[id] = append(out[id], place{field: f.Path, message: f.String()})
		}
	}
	return out
}

// unsaid are the problems among more that are not said already, in other words of who says so.
func unsaid(said, more []manifest.Problem) []manifest.Problem {
	known := map[string]bool{}
	for _, p := range said {
		known[p.String()] = true
	}
	return slices.DeleteFunc(more, func(p manifest.Problem) bool {
		text, _, _ := strings.Cut(p.String(), " (as Prometheus ")
		return known[text]
	})
}

// tell prints problems in the order of files and lines, each once.
func tell(out io.Writer, problems []manifest.Problem) error {
	slices.SortStableFunc(problems, func(a, b manifest.Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Object, b.Object), strings.Compare(a.Message, b.Message))
	})
	for _, p := range slices.Compact(problems) {
		if _, err := fmt.Fprintln(out, p); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return errProblems
	}
	return nil
}
