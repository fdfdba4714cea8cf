// Package status turns what was observed, planned and written for a Prometheus into its status. It starts from the old conditions
// only to keep their transition times: no decision depends on a condition of an earlier pass.
package status
