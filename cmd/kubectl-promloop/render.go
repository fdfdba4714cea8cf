package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/cmd/kubectl-promloop/internal/manifest"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

type renderOptions struct {
	prometheus string
	output     string
	managed    bool
}

func renderCommand() *cobra.Command {
	var o renderOptions
	c := &cobra.Command{
		Use:   "render PATH...",
		Short: "Print what promloop would publish for a Prometheus",
		Long: "Reads manifests from files, directories or, with -, from standard input, and prints the configuration that promloop\n" +
			"would publish for the Prometheus among them, or all objects that it would write. Secrets that the manifests refer to\n" +
			"have to be among them, and what they hold is printed. What is wrong goes to standard error, with file and line, and\n" +
			"the exit status is 1 then; so do notes, such as which objects the Prometheus does not select and why.",
		Example: "  kubectl promloop render manifests/ > prometheus.yaml\n  kubectl promloop render --prometheus monitoring/k8s -o objects manifests/\n  helm template my-chart | kubectl promloop render -",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, paths []string) error { return o.run(c, paths) },
	}
	c.Flags().StringVar(&o.prometheus, "prometheus", "", "namespace/name of the Prometheus; needed where there are several")
	c.Flags().StringVarP(&o.output, "output", "o", "config", "config: the configuration; objects: everything that would be written")
	c.Flags().BoolVar(&o.managed, "disable-unmanaged-prometheus-configuration", false, "as the operator's flag of this name: write the configuration even where no selector of scrape objects is set")
	return c
}

func (o renderOptions) run(c *cobra.Command, paths []string) error {
	if o.output != "config" && o.output != "objects" {
		return fmt.Errorf("--output %s: it is config or objects", o.output)
	}
	set, problems, err := manifest.Read(paths, c.InOrStdin())
	if err != nil {
		return err
	}
	p, err := choose(set.Prometheuses, o.prometheus)
	if err != nil {
		_ = tell(c.ErrOrStderr(), problems) // they may be why
		return err
	}
	options := defaults()
	options.AlwaysManaged = o.managed
	pl, left := planOf(&set, p, options)
	for _, note := range notes(pl, left) {
		fmt.Fprintln(c.ErrOrStderr(), "note:", note)
	}
	for _, note := range omitted(&set, p, pl) {
		fmt.Fprintln(c.ErrOrStderr(), "note:", note)
	}
	if err := o.print(c.OutOrStdout(), pl); err != nil {
		return err
	}
	return tell(c.ErrOrStderr(), append(problems, verdicts(&set, p, pl)...))
}

// planOf is the operator's own plan, as if what was read were all that the cluster holds, and why it leaves out what is not selected.
func planOf(set *manifest.Set, p *v1.Prometheus, options world.Options) (plan.Plan, map[world.Object]world.Verdict) {
	w := set.World(p, options)
	w.Now, w.Salt = time.Unix(0, 0), make([]byte, 32) // nothing that is printed here is published, and the same comes out each time
	return plan.NewPlanner(rules.DefaultLimits(w.Options.RuleShards)).For(w), selection.Left(w)
}

// notes are what is not wrong, and yet may surprise.
func notes(pl plan.Plan, left map[world.Object]world.Verdict) []string {
	var out []string
	for id, verdict := range left {
		out = append(out, fmt.Sprintf("%s %s is not selected: %s", id.Kind, id.NamespacedName, verdict.Message))
	}
	slices.Sort(out)
	out = append(pl.Ignored, out...)
	if pl.Unmanaged {
		out = append(out, "no selector of scrape objects is set, so the configuration is left to the user; --disable-unmanaged-prometheus-configuration has it written")
	}
	return out
}

// choose finds the Prometheus that is named, or the only one.
func choose(among []*v1.Prometheus, name string) (*v1.Prometheus, error) {
	var names []string
	for _, p := range among {
		id := p.Namespace + "/" + p.Name
		if id == name {
			return p, nil
		}
		names = append(names, id)
	}
	switch {
	case len(among) == 0:
		return nil, errNoPrometheus
	case name == "" && len(among) == 1:
		return among[0], nil
	case name == "":
		return nil, fmt.Errorf("there are several Prometheuses; choose one with --prometheus: %s", strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("there is no Prometheus %s among the manifests, only %s", name, strings.Join(names, ", "))
}

// defaults are the operator's, but for the names of its images.
func defaults() world.Options {
	return world.Options{
		ConfigReloaderImage: "promloop-reloader", RulesReloaderImage: "promloop-reloader",
		PrometheusBaseImage: "quay.io/prometheus/prometheus", ThanosBaseImage: "quay.io/thanos/thanos",
		RuleShards: 16, ConfigParts: 16, AssetShards: 4, LocalHost: "localhost",
	}
}

func (o renderOptions) print(out io.Writer, pl plan.Plan) error {
	if o.output == "config" {
		text, err := pl.Config.Plain()
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	}
	for _, object := range pl.Writes {
		text, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "---\n%s", text); err != nil {
			return err
		}
	}
	return nil
}
