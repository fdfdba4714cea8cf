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
	proxied, err := ThroughAPIServer(&rest.Config{Host: "https://api.example:6443/behind"})
	if err != nil {
		t.Fatal(err)
	}
	for want, access := range map[string]Access{
		"http://[fd00::7]:8080": {},
		"https://api.example:6443/behind/api/v1/namespaces/ns/pods/prometheus-main-0:8080/proxy": proxied,
	} {
		if got := access.url(pod, "8080"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if access.http().Timeout <= longPoll {
			t.Error("a question is held open longer than the client waits")
		}
	}
	if _, err := ThroughAPIServer(&rest.Config{Host: "://"}); err == nil {
		t.Error("an address that can't be read must be told")
	}
}
