// Package olm makes an OLM bundle (format registry+v1) out of the objects that kustomize prints, and checks it.
//
// Deployments, the rights of their accounts and webhooks become part of the ClusterServiceVersion, CRDs and what else OLM can carry
// become files beside it. It decides nothing about the operator: what it says is in the tree or in the CSV's base, and what it
// can't say is an error. Same tree, same bytes.
package olm
