// Package chain proves the whole chain on real parts: a change of a custom resource, made through a real kube-apiserver, is seen in a
// real Prometheus, by way of the operator's Secrets and ConfigMaps, a node's volumes and both sidecars. Everything is asserted where
// a user would look: in Prometheus' own HTTP API and in the objects' status and events.
//
// The pods' node is the nodelet of test/cluster, at a kubelet's own rhythm unless a test says otherwise.
package chain
