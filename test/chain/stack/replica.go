package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/contract"
)

// Replica is one pod of a Prometheus, asked in its own words.
type Replica struct {
	*Prometheus
	Pod *corev1.Pod
}

// Replicas returns the pods of a Prometheus that have an address, by name.
func (s *Stack) Replicas(ctx context.Context, namespace, name string) ([]Replica, error) {
	var pods corev1.PodList
	err := s.Client.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"prometheus": name})
	if err != nil {
		return nil, err
	}
	var out []Replica
	for i := range pods.Items {
		pod := &pods.Items[i]
		if pod.Status.PodIP == "" {
			continue
		}
		p, err := PrometheusAt(net.JoinHostPort(pod.Status.PodIP, "9090"))
		if err != nil {
			return nil, err
		}
		out = append(out, Replica{Prometheus: p, Pod: pod})
	}
	return out, nil
}

// Report is what the sidecar of a domain says.
func (r Replica) Report(ctx context.Context, domain contract.Domain) (contract.Loaded, error) {
	port := map[contract.Domain]string{contract.Config: "8080", contract.Rules: "8081"}[domain]
	url := "http://" + net.JoinHostPort(r.Pod.Status.PodIP, port) + "/v1/loaded"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return contract.Loaded{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return contract.Loaded{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return contract.Loaded{}, fmt.Errorf("%s answers %s", url, resp.Status)
	}
	var out contract.Loaded
	return out, json.NewDecoder(resp.Body).Decode(&out)
}
