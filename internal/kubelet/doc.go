// Package kubelet decides what the Service of the kubelets, its Endpoints and its EndpointSlices say, so that a ServiceMonitor can
// scrape every node. Prometheus can't select nodes by a Service otherwise: kubelets are not pods.
package kubelet
