// Package v1alpha1 holds the types of monitoring.coreos.com/v1alpha1: ScrapeConfig, with all its service discoveries.
//
// Field names, nesting, defaults and validation are those that prometheus-operator v0.95.1 serves under the same group. What is
// ours lies under status alone.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=monitoring.coreos.com
package v1alpha1
