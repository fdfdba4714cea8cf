// Package generator renders the same random objects with prometheus-operator's own generator and with ours, and compares what both
// mean. What differs on purpose is a rule here and a row in docs/deviations.md.
package generator
