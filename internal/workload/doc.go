// Package workload decides which objects run one Prometheus: a StatefulSet per shard, the governing Service and the Secrets
// that only the pod needs. It decides them from the Prometheus, the operator's options and what stands in the cluster, and
// never from the configuration or the rules: those reach a running pod through its volumes.
package workload
