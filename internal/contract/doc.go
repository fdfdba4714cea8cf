// Package contract holds the operator's side of docs/contract.md: the manifest of a set, its digests, the release annotation
// and the report of a sidecar. The sidecars have their own copy of these rules; docs/contract/vectors.json binds the two.
package contract
