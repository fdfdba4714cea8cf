// Package rules turns the PrometheusRules that a Prometheus selects into rule files, and places the files into ConfigMaps.
//
// It judges every rule group by Prometheus' own parser, leaves a bad group out alone and keeps that group's last accepted form,
// which it reads back from the ConfigMaps. A file stays in the ConfigMap that it is in while it fits. Everything here is a pure
// function of its input: what a Planner remembers only makes it faster.
package rules
