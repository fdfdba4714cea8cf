// Command kubectl-promloop is a kubectl plugin that shows what promloop makes of manifests, without a cluster.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// errProblems says that something is wrong with the inputs. What it is was printed already.
var errProblems = errors.New("something is wrong with the inputs")

var errNoPrometheus = errors.New("there is no Prometheus among the manifests")

// run is the whole program. Its result is the exit status: 1 when something is wrong with the inputs or the command line.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "kubectl-promloop",
		Short:         "See what promloop makes of manifests, without a cluster",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl promloop"},
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(renderCommand(), lintCommand(), whyCommand())
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	switch {
	case err == nil:
		return 0
	case !errors.Is(err, errProblems):
		fmt.Fprintln(stderr, "error:", err)
	}
	return 1
}
