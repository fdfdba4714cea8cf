// Package injectproxy stands in for a dependency of prometheus-operator that does not compile against Prometheus 3.16. It is called
// only where a namespace label is enforced, which nothing here does.
package injectproxy

import (
	"errors"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// PromQLEnforcer enforces nothing.
type PromQLEnforcer struct{}

// NewPromQLEnforcer returns one.
func NewPromQLEnforcer(bool, ...*labels.Matcher) *PromQLEnforcer { return &PromQLEnforcer{} }

// EnforceNode fails, so that no measurement can rest on it.
func (*PromQLEnforcer) EnforceNode(parser.Node) error {
	return errors.New("this stand-in enforces nothing")
}
