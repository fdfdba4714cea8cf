// Command node keeps a real node of one's own for development, as root:
//
//	node up      starts it with promloop installed, and prints how to reach it
//	node down    ends it
//	node check   says what the machine lacks
package main

import (
	"fmt"
	"os"

	"github.com/promloop/promloop/test/e2e/node"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	commands := map[string]func(place) error{"up": up, "down": down, "keep": keep, "check": check}
	if len(args) != 1 || commands[args[0]] == nil {
		return fmt.Errorf("want up, down or check, not %q", args)
	}
	p, err := newPlace()
	if err != nil {
		return err
	}
	return commands[args[0]](p)
}

func check(place) error { return node.Check() }
