// Package v1 holds the types of monitoring.coreos.com/v1: Prometheus, PrometheusRule, ServiceMonitor, PodMonitor and Probe.
//
// Field names, nesting, defaults and validation are those that prometheus-operator v0.95.1 serves under the same group, so
// that every manifest and client written for it works unchanged. What is ours lies under status alone.
//
// The package imports Kubernetes' own API packages and ../intstr, nothing else, so that it can be used by any Go program.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=monitoring.coreos.com
package v1
