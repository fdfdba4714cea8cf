package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// extraArgs names an environment variable of flags, separated by spaces. It is for who can't change the arguments, as under OLM.
const extraArgs = "PROMLOOP_EXTRA_ARGS"

// settingsOf reads the command line and then extraArgs, which so has the last word.
func settingsOf(args []string, out io.Writer) (settings, error) {
	extra := strings.Fields(os.Getenv(extraArgs))
	s, err := parse(slices.Concat(args, extra), out)
	if err != nil && len(extra) > 0 && !errors.Is(err, flag.ErrHelp) {
		return s, fmt.Errorf("with %s=%q: %w", extraArgs, strings.Join(extra, " "), err)
	}
	return s, err
}
