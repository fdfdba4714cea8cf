package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/promloop/promloop/cmd/kubectl-promloop/internal/manifest"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/world"
)

func whyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "why KIND [NAMESPACE/]NAME PATH...",
		Short: "Tell which Prometheuses select an object, and why the others do not",
		Long: "Reads manifests as lint does, and has each Prometheus among them say what becomes of one object: whether it selects it and,\n" +
			"if not, which namespace, label or field differs; or what is wrong with it. Labels of namespaces count where the manifests\n" +
			"have the Namespace. The exit status is 0 when a Prometheus takes the object as it is.",
		Example: "  kubectl promloop why servicemonitor shop/web manifests/\n  kubectl get prometheus,smon,ns -A -o yaml | kubectl promloop why smon shop/web -",
		Args:    cobra.MinimumNArgs(3),
		RunE:    func(c *cobra.Command, args []string) error { return why(c, args[0], args[1], args[2:]) },
	}
}

func why(c *cobra.Command, kind, name string, paths []string) error {
	id := world.Object{Kind: manifest.KindCalled(kind)}
	if id.Kind == "" || id.Kind == world.Prometheus {
		return fmt.Errorf("%s: it is servicemonitor, podmonitor, probe, scrapeconfig or prometheusrule", kind)
	}
	var found bool
	if id.Namespace, id.Name, found = strings.Cut(name, "/"); !found {
		id.Namespace, id.Name = "default", name
	}
	set, problems, err := manifest.Read(paths, c.InOrStdin())
	if err != nil {
		return err
	}
	if !set.Has(id) || len(set.Prometheuses) == 0 {
		_ = tell(c.ErrOrStderr(), problems) // they may be why
		if !set.Has(id) {
			return fmt.Errorf("there is no %s %s among the manifests", id.Kind, id.NamespacedName)
		}
		return errNoPrometheus
	}
	status := errProblems
	for _, p := range set.Prometheuses {
		pl, left := planOf(&set, p, defaults())
		answer, taken := answerOf(pl, left[id], id)
		if taken {
			status = nil
		}
		if _, err := fmt.Fprintf(c.OutOrStdout(), "Prometheus %s/%s %s\n", p.Namespace, p.Name, answer); err != nil {
			return err
		}
	}
	return status
}

// answerOf is what becomes of an object in the plan of one Prometheus, unless that has left it, and whether it is taken as it is.
func answerOf(pl plan.Plan, left world.Verdict, id world.Object) (answer string, taken bool) {
	if !left.Accepted() {
		return "does not select it: " + left.Message, false
	}
	if verdict, invalid := pl.Selection.Invalid[id.Kind]; invalid {
		return "selects nothing: " + verdict.Message, false
	}
	if verdict, refused := pl.Verdicts[id]; refused {
		return "selects it, and leaves out what is wrong: " + verdict.Message, false
	}
	if note := pl.Rules.Notes[id]; note != "" {
		return "selects it; " + note, true
	}
	return "selects it", true
}
