package rules

import (
	"math"
	"slices"
	"text/template/parse"
)

// What makes whole numbers of any size in a template: a loop can go through them, number by number. The methods are those of the
// times and durations that toTime and toDuration return.
var (
	countingFunctions = []string{"len", "toDuration"}
	countingMethods   = []string{
		"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Nanosecond", "Nanoseconds", "Microseconds", "Milliseconds", "Abs", "Round", "Truncate", "Sub",
	}
)

// consumers make no whole number of what they are given.
var consumers = []string{
	"eq", "ne", "lt", "le", "gt", "ge", "not", "print", "printf", "println", "html", "js", "urlquery", "humanize", "humanize1024",
	"humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime",
}

// largestCount returns the largest number that a loop under root could go through: a literal, unless a consumer is given it, and the
// largest there is when a length, a time or a duration is passed on.
func largestCount(root parse.Node) float64 {
	consumed := map[parse.Node]bool{} // pipelines whose value ends where they stand
	largest := 0.0
	for node := range nodes(root) { // what is around comes first
		switch n := node.(type) {
		case *parse.ActionNode:
			consumed[n.Pipe] = len(n.Pipe.Decl) == 0
		case *parse.IfNode:
			consumed[n.Pipe] = len(n.Pipe.Decl) == 0
		case *parse.ChainNode:
			consumed[n.Node] = true // what counts is what its method returns
		case *parse.PipeNode:
			if passesCount(n, consumed[n]) {
				return math.MaxInt64
			}
		case *parse.CommandNode:
			if isOne(n, consumers) {
				for _, arg := range n.Args {
					consumed[arg] = true
				}
				continue
			}
			largest = max(largest, largestNumber(n))
		}
	}
	return largest
}

// passesCount reports whether a whole number of any size comes out of a pipeline, or goes on inside of it.
func passesCount(pipe *parse.PipeNode, consumed bool) bool {
	for i, c := range pipe.Cmds {
		last := i == len(pipe.Cmds)-1
		ends := last && consumed || !last && isOne(pipe.Cmds[i+1], consumers)
		if !ends && (isOne(c, countingFunctions) || isOne(c, countingMethods)) {
			return true
		}
	}
	return false
}

// isOne reports whether a command calls one of the named functions or methods.
func isOne(c *parse.CommandNode, names []string) bool {
	var path []string
	switch n := c.Args[0].(type) {
	case *parse.IdentifierNode:
		path = []string{n.Ident}
	case *parse.FieldNode:
		path = n.Ident
	case *parse.ChainNode:
		path = n.Field
	case *parse.VariableNode:
		path = n.Ident[1:]
	}
	return len(path) > 0 && slices.Contains(names, path[len(path)-1])
}

// largestNumber is the largest whole number that a command is given as it is written.
func largestNumber(c *parse.CommandNode) float64 {
	largest := 0.0
	for _, arg := range c.Args {
		if n, ok := arg.(*parse.NumberNode); ok && n.IsInt {
			largest = max(largest, float64(n.Int64))
		}
	}
	return largest
}
