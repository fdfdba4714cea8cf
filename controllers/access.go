package controllers

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/promloop/promloop/internal/contract"
)

// Access is how the reports of the sidecars are reached. The zero Access goes to the address of each pod.
type Access struct {
	client *http.Client
	server *url.URL // of the API server, nil where it is not in between
}

// ThroughAPIServer goes through the API server's proxy of pods: outside of the cluster the addresses of pods lead nowhere. It needs
// the right to get pods/proxy.
func ThroughAPIServer(config *rest.Config) (Access, error) {
	server, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return Access{}, fmt.Errorf("finding the API server: %w", err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return Access{}, fmt.Errorf("reaching pods through the API server: %w", err)
	}
	return Access{client: client, server: server}, nil
}

// http is the client to ask with.
func (a Access) http() *http.Client {
	client := http.Client{Timeout: answerWithin, Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext}}
	if a.client != nil {
		client.Transport = a.client.Transport
	}
	return &client
}

// url is the base URL of a port of a pod, by the scheme that the pod serves: during a rollout they differ.
func (a Access) url(pod *corev1.Pod, port string) string {
	scheme := "http"
	if servesTLS(pod, port) {
		scheme = "https"
	}
	if a.server == nil {
		return scheme + "://" + net.JoinHostPort(pod.Status.PodIP, port)
	}
	name := pod.Name + ":" + port
	if scheme == "https" {
		name = "https:" + name
	}
	return a.server.JoinPath("api/v1/namespaces", pod.Namespace, "pods", name, "proxy").String()
}

// servesTLS reports whether the sidecar behind a port of a pod was started with a certificate.
func servesTLS(pod *corev1.Pod, port string) bool {
	for _, c := range pod.Spec.Containers {
		has := slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return strconv.Itoa(int(p.ContainerPort)) == port })
		if has && slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == contract.WebCertFile && e.Value != "" }) {
			return true
		}
	}
	return false
}
