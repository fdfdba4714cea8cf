// Package plan composes the decisions for one Prometheus: what it selects, its configuration, its rule files, the objects that
// run it, and the pods to poke. It turns a World into the objects to have, in the order in which they must be written, and the
// refusals to report.
package plan
