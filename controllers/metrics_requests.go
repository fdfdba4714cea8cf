package controllers

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	lists       = counter("prometheus_operator_list_operations_total", "Lists asked of the API server.", "controller", "resource")
	listErrors  = counter("prometheus_operator_list_operations_failed_total", "Lists that failed.", "controller", "resource")
	watches     = counter("prometheus_operator_watch_operations_total", "Watches opened.", "controller", "resource")
	watchErrors = counter("prometheus_operator_watch_operations_failed_total", "Watches that could not be opened.", "controller", "resource")
)

// CountRequests counts lists and watches on their way to the API server.
func CountRequests(next http.RoundTripper) http.RoundTripper { return requestCounter{next} }

type requestCounter struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c requestCounter) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	resource := collection(req.URL.Path)
	if req.Method != http.MethodGet || resource == "" {
		return resp, err
	}
	for _, each := range []*prometheus.CounterVec{lists, listErrors, watches, watchErrors} {
		each.WithLabelValues(controllerOf(resource), resource) // a rate needs the series before its first count
	}
	total, failed := lists, listErrors
	if req.URL.Query().Get("watch") == "true" {
		total, failed = watches, watchErrors
	}
	total.WithLabelValues(controllerOf(resource), resource).Inc()
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		failed.WithLabelValues(controllerOf(resource), resource).Inc()
	}
	return resp, err
}

// controllerOf is the controller that needs a resource: upstream's name for it, and the Prometheuses' for all that bears on them.
func controllerOf(resource string) string {
	switch resource {
	case "nodes", "endpointslices":
		return kubeletController
	}
	return prometheusController
}

// collection is the resource that a GET of path lists or watches, "" where path leads to one object or to none.
func collection(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2: // api/v1/…
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3: // apis/group/version/…
		parts = parts[3:]
	default:
		return ""
	}
	if len(parts) == 3 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	if len(parts) != 1 {
		return ""
	}
	return parts[0]
}
