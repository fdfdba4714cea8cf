package controllers

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

func TestAccess(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "prometheus-main-0"}}
	pod.Status.PodIP = "fd00::7"
	secured := pod.DeepCopy()
	secured.Spec.Containers = []corev1.Container{sidecar(8081, ""), sidecar(8080, "/tls.crt")}
	proxied, err := ThroughAPIServer(&rest.Config{Host: "https://api.example:6443/behind"})
	if err != nil {
		t.Fatal(err)
	}
	const pods = "https://api.example:6443/behind/api/v1/namespaces/ns/pods/"
	for _, tc := range []struct {
		reason string
		access Access
		pod    *corev1.Pod
		port   string
		want   string
	}{
		{"a pod of before", Access{}, pod, "8080", "http://[fd00::7]:8080"},
		{"a pod with a certificate", Access{}, secured, "8080", "https://[fd00::7]:8080"},
		{"its sidecar without one", Access{}, secured, "8081", "http://[fd00::7]:8081"},
		{"from outside", proxied, pod, "8080", pods + "prometheus-main-0:8080/proxy"},
		{"from outside, with a certificate", proxied, secured, "8080", pods + "https:prometheus-main-0:8080/proxy"},
	} {
		if got := tc.access.url(tc.pod, tc.port); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
		}
		if tc.access.http().Timeout <= longPoll {
			t.Error("a question is held open longer than the client waits")
		}
	}
	if _, err := ThroughAPIServer(&rest.Config{Host: "://"}); err == nil {
		t.Error("an address that can't be read must be told")
	}
}

// sidecar is a container that serves a port, with TLS where it has a certificate.
func sidecar(port int32, certificate string) corev1.Container {
	return corev1.Container{
		Ports: []corev1.ContainerPort{{ContainerPort: port}},
		Env:   []corev1.EnvVar{{Name: "RELOADER_WEB_CERT_FILE", Value: certificate}},
	}
}
