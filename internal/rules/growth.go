package rules

import (
	"maps"
	"math"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/prometheus/prometheus/model/rulefmt"
)

// What a template writes is estimated as if every value that it reads had valueBytes, and every list series entries.
const (
	valueBytes = 64
	series     = 100
)

// Bounds of the estimate itself: deeper, or longer, and the template counts as endless.
const (
	deepestLoops = 3
	deepestCalls = 10
	mostNodes    = 20_000
)

// overgrown says which label or annotation of an alert could come to more than limit bytes, in what it writes or in one of its
// variables, or "". A short template can double a variable over and over, and Prometheus would run out of memory on it.
func overgrown(r *rulefmt.Rule, limit int) (place string) {
	if r.Alert == "" {
		return ""
	}
	for _, text := range textsOf(r) {
		if !strings.Contains(text.value, "{{") {
			continue // it writes what it is
		}
		tree, trees, err := parseTemplate(r.Alert, text.value)
		if err == nil && estimate(tree, trees) > float64(limit) { // one that can't be parsed was refused before
			return text.place
		}
	}
	return ""
}

// estimate returns about how many bytes a template writes, or keeps in a variable, whichever is more.
func estimate(tree *parse.Tree, trees map[string]*parse.Tree) float64 {
	g := growth{trees: trees, variables: map[string]float64{}, entries: series}
	for _, t := range trees {
		g.entries = max(g.entries, largestCount(t.Root))
	}
	g.of(tree.Root)
	return g.largest
}

// growth estimates what comes out of the nodes of a template, in bytes.
type growth struct {
	trees        map[string]*parse.Tree
	variables    map[string]float64 // the largest that each has been
	entries      float64            // of a list
	loops, calls int                // that are open
	visited      int
	largest      float64 // of all that was estimated
}

// of returns what a node writes; of a pipeline or an operand, how large its value is.
func (g *growth) of(n parse.Node) float64 {
	if g.visited++; g.visited > mostNodes || math.IsInf(g.largest, 1) {
		g.largest = math.Inf(1)
		return g.largest
	}
	bytes := g.ofKind(n)
	g.largest = max(g.largest, bytes)
	return bytes
}

func (g *growth) ofKind(n parse.Node) float64 {
	switch n := n.(type) {
	case *parse.TextNode:
		return float64(len(n.Text))
	case *parse.StringNode:
		return float64(len(n.Text))
	case *parse.VariableNode:
		return max(valueBytes, g.variables[n.Ident[0]]) // $labels and $value among them
	case *parse.ActionNode:
		return g.of(n.Pipe)
	case *parse.PipeNode:
		return g.pipe(n)
	case *parse.ListNode:
		return g.sum(n.Nodes)
	case *parse.RangeNode:
		return g.loop(n)
	case *parse.IfNode:
		return g.sum(children(n))
	case *parse.WithNode:
		return g.sum(children(n))
	case *parse.TemplateNode:
		return g.call(n)
	}
	return valueBytes
}

func (g *growth) sum(list []parse.Node) float64 {
	sum := 0.0
	for _, n := range list {
		sum += g.of(n)
	}
	return sum
}

// loop goes through the body three times. What a variable gains the third time it gains at every later one; when that is more than
// the second time, there is no end to it.
func (g *growth) loop(n *parse.RangeNode) float64 {
	if g.loops++; g.loops > deepestLoops {
		return math.Inf(1)
	}
	defer func() { g.loops-- }()
	g.sum(children(n))
	once := maps.Clone(g.variables)
	g.sum(children(n))
	twice := maps.Clone(g.variables)
	bytes := g.sum(children(n))
	for name, thrice := range g.variables {
		second, third := twice[name]-once[name], thrice-twice[name]
		if third > 1.5*second {
			return math.Inf(1)
		}
		g.variables[name] += third * g.entries
		g.largest = max(g.largest, g.variables[name])
	}
	return (1 + bytes) * g.entries // an empty loop takes time too
}

func (g *growth) call(n *parse.TemplateNode) float64 {
	tree := g.trees[n.Name]
	if tree == nil {
		return 0
	}
	if g.calls++; g.calls > deepestCalls {
		return math.Inf(1)
	}
	defer func() { g.calls-- }()
	return g.of(tree.Root)
}

// pipe passes bytes from command to command. What it declares or assigns it does not write.
func (g *growth) pipe(n *parse.PipeNode) float64 {
	bytes := 0.0
	for _, c := range n.Cmds {
		bytes = g.command(c, bytes)
		g.largest = max(g.largest, bytes)
	}
	for _, v := range n.Decl {
		g.variables[v.Ident[0]] = max(g.variables[v.Ident[0]], bytes)
	}
	if len(n.Decl) > 0 {
		return 0
	}
	return bytes
}

// command returns what a command makes of its arguments and of what is piped into it.
func (g *growth) command(c *parse.CommandNode, piped float64) float64 {
	function, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		return g.of(c.Args[0])
	}
	args := c.Args[1:]
	all := g.sum(args) + piped
	switch function.Ident {
	case "print", "println", "title", "toUpper", "toLower", "safeHtml", "reReplaceAll", "printf", "or", "and", "args":
	case "html", "js", "urlquery", "urlQueryEscape", "graphLink", "tableLink":
		return 6 * all // the longest escape of one byte
	default:
		return max(valueBytes, piped) // a number, a list, or a part of what was given
	}
	switch {
	case function.Ident == "printf":
		return formatted(args, all)
	case function.Ident == "reReplaceAll" && len(args) > 1: // the replacement at every byte, at most
		return (all + 1) * (1 + g.of(args[1]))
	}
	return all
}

var (
	verb   = regexp.MustCompile(`%[^a-zA-Z%]*[a-zA-Z]`)
	number = regexp.MustCompile(`\*|[0-9]+`)
	plain  = regexp.MustCompile(`^%[svdtfge]$`)
)

// formatted is what printf makes of args. A plain verb writes the next argument as it is. Any other may quote any argument, and pad it; a
// width that is not written out has no end.
func formatted(args []parse.Node, all float64) float64 {
	if len(args) == 0 {
		return math.Inf(1) // the format comes through the pipe
	}
	format, constant := args[0].(*parse.StringNode)
	if !constant {
		return math.Inf(1)
	}
	verbs := verb.FindAllString(format.Text, -1)
	bytes := all
	for _, v := range verbs {
		if plain.MatchString(v) {
			bytes += valueBytes // for what it says of an argument of another kind
			continue
		}
		bytes += 4 * all
		for _, digits := range number.FindAllString(v, -1) {
			width, err := strconv.ParseFloat(digits, 64)
			if err != nil {
				return math.Inf(1)
			}
			bytes += width
		}
	}
	return bytes
}
