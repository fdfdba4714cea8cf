// Command node keeps a real node of one's own for development, as root:
//
//	node up      starts it with promloop installed, and prints how to reach it
//	node down    ends it
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	commands := map[string]func(place) error{"up": up, "down": down, "keep": keep}
	if len(args) != 1 || commands[args[0]] == nil {
		return fmt.Errorf("want up or down, not %q", args)
	}
	p, err := newPlace()
	if err != nil {
		return err
	}
	return commands[args[0]](p)
}
