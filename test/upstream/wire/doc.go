// Package wire proves that promloop's types and CRDs are those of prometheus-operator v0.95.1 on the wire.
//
// Two proofs stand side by side. Objects filled at random go through both sets of Go types, in both directions, and must
// come back as they were. And the CRDs in config/crd/bases are compared, node by node, with ones generated here from
// the other project's types: every field is there, and nothing is narrower. What is ours alone may lie under status and nowhere
// else; that is a rule of the comparison, not a list of exceptions.
//
// The other project's types are a dependency of this module only, and of its tests only.
package wire
