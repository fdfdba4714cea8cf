package rules

import (
	"iter"
	"text/template/parse"
)

// identifiers visits the names of functions under root.
func identifiers(root parse.Node) iter.Seq[*parse.IdentifierNode] {
	return func(yield func(*parse.IdentifierNode) bool) {
		for node := range nodes(root) {
			if identifier, ok := node.(*parse.IdentifierNode); ok && !yield(identifier) {
				return
			}
		}
	}
}

// nodes visits root and every node under it.
func nodes(root parse.Node) iter.Seq[parse.Node] {
	return func(yield func(parse.Node) bool) { visit(root, yield) }
}

func visit(node parse.Node, yield func(parse.Node) bool) bool {
	if !yield(node) {
		return false
	}
	for _, child := range children(node) {
		if !visit(child, yield) {
			return false
		}
	}
	return true
}

func children(node parse.Node) []parse.Node {
	switch n := node.(type) {
	case *parse.ListNode:
		return n.Nodes
	case *parse.ActionNode:
		return []parse.Node{n.Pipe}
	case *parse.TemplateNode:
		return present(n.Pipe, nil, nil)
	case *parse.IfNode:
		return present(n.Pipe, n.List, n.ElseList)
	case *parse.RangeNode:
		return present(n.Pipe, n.List, n.ElseList)
	case *parse.WithNode:
		return present(n.Pipe, n.List, n.ElseList)
	case *parse.PipeNode:
		return commands(n)
	case *parse.CommandNode:
		return n.Args
	case *parse.ChainNode:
		return []parse.Node{n.Node}
	}
	return nil
}

func commands(pipe *parse.PipeNode) []parse.Node {
	out := make([]parse.Node, 0, len(pipe.Cmds))
	for _, c := range pipe.Cmds {
		out = append(out, c)
	}
	return out
}

// present leaves out the parts that a node does not have.
func present(pipe *parse.PipeNode, list, otherwise *parse.ListNode) []parse.Node {
	var out []parse.Node
	if pipe != nil {
		out = append(out, pipe)
	}
	for _, l := range []*parse.ListNode{list, otherwise} {
		if l != nil {
			out = append(out, l)
		}
	}
	return out
}
