package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// templateHead declares what Prometheus declares before the text of a label or annotation.
const templateHead = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// alertTemplate, with the name of an alert behind it, is the name that Prometheus gives to each of its templates.
const alertTemplate = "__alert_"

// parseTemplate parses the text of a label or annotation of an alert behind templateHead, under the name that Prometheus gives it:
// it can call itself by that name. Names of functions are not checked.
func parseTemplate(alert, text string) (*parse.Tree, map[string]*parse.Tree, error) {
	trees := map[string]*parse.Tree{}
	tree := parse.New(alertTemplate + alert)
	tree.Mode = parse.SkipFuncCheck
	tree, err := tree.Parse(templateHead+text, "", "", trees)
	return tree, trees, err
}

// newerTemplate says which function in the text of a label or annotation only a newer Prometheus knows, or "".
func (t Target) newerTemplate(alert, text string) string {
	if !t.before(3, 8) || !strings.Contains(text, "{{") { // the last version in templateFunctionsSince
		return ""
	}
	_, trees, err := parseTemplate(alert, text)
	if err != nil {
		return "" // Prometheus' own check has said so
	}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		for identifier := range identifiers(trees[name].Root) {
			if newer := t.needs("the template function "+identifier.Ident, templateFunctionsSince[identifier.Ident]); newer != "" {
				return newer
			}
		}
	}
	return ""
}

// template rewrites the queries in a template so that they stay inside the namespace.
func (t tenant) template(alert, text string) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	tree, trees, err := parseTemplate(alert, text)
	if err != nil {
		return "", err
	}
	if len(trees) > 1 {
		return "", errors.New("this Prometheus enforces a namespace label, so templates may not define templates")
	}
	queries, err := constantQueries(tree.Root)
	if err != nil {
		return "", err
	}
	full := templateHead + text
	for _, q := range slices.Backward(queries) { // from the end, so that positions before it stay right
		expr, err := t.parser.ParseExpr(q.Text)
		if err != nil {
			return "", fmt.Errorf("query %s: %w", q.Quoted, err)
		}
		confined, err := t.confine(expr)
		if err != nil {
			return "", fmt.Errorf("query %s: %w", q.Quoted, err)
		}
		end := int(q.Pos) + len(q.Quoted)
		full = full[:q.Pos] + strconv.Quote(confined) + full[end:]
	}
	return strings.TrimPrefix(full, templateHead), nil
}

// constantQueries lists the texts of the calls of query, by position. It refuses calls whose text is not a constant, and templates
// that call others.
func constantQueries(root parse.Node) ([]*parse.StringNode, error) {
	var queries []*parse.StringNode
	calls := 0
	for node := range nodes(root) {
		switch n := node.(type) {
		case *parse.TemplateNode:
			return nil, errors.New("this Prometheus enforces a namespace label, so templates may not call templates")
		case *parse.CommandNode:
			if q := queryOf(n); q != nil {
				queries = append(queries, q)
			}
		case *parse.IdentifierNode:
			if n.Ident == "query" {
				calls++
			}
		}
	}
	if calls != len(queries) {
		return nil, errors.New(`this Prometheus enforces a namespace label, so write the text of a query as a constant: query "up"`)
	}
	slices.SortFunc(queries, func(a, b *parse.StringNode) int { return int(a.Pos - b.Pos) })
	return queries, nil
}

// queryOf returns the text of a command that is exactly: query "text".
func queryOf(c *parse.CommandNode) *parse.StringNode {
	if len(c.Args) != 2 {
		return nil
	}
	function, ok := c.Args[0].(*parse.IdentifierNode)
	text, constant := c.Args[1].(*parse.StringNode)
	if !ok || !constant || function.Ident != "query" {
		return nil
	}
	return text
}
