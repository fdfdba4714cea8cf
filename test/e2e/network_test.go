package e2e

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// hasNetworkPolicies asks what the policies say about the pods that run. The node's network, a bridge, does not enforce them.
func hasNetworkPolicies() {
	It("has NetworkPolicies that let through what is needed and no more", func(ctx SpecContext) {
		var found networkingv1.NetworkPolicyList
		Expect(running.Client.List(ctx, &found, client.InNamespace(system))).To(Succeed())
		operator, prometheus := operatorPods(ctx)[0], *pod(ctx, 0)
		stranger := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "stranger"}}
		unlabelled, labelled := labels.Set{}, labels.Set{"metrics": "enabled"}

		for _, c := range []struct {
			reason    string
			peer      corev1.Pod
			namespace labels.Set
			direction networkingv1.PolicyType
			port      int
			want      bool
		}{
			{"the API server calls the webhook from nowhere in particular", stranger, unlabelled, networkingv1.PolicyTypeIngress, 9443, true},
			{"a stranger reads no metrics", stranger, unlabelled, networkingv1.PolicyTypeIngress, 8080, false},
			{"metrics are read from namespaces that may", stranger, labelled, networkingv1.PolicyTypeIngress, 8080, true},
			{"nobody but the kubelet probes", stranger, labelled, networkingv1.PolicyTypeIngress, 8081, false},
			{"the operator asks the config-reloader", prometheus, unlabelled, networkingv1.PolicyTypeEgress, 8080, true},
			{"the operator asks the rules-reloader", prometheus, unlabelled, networkingv1.PolicyTypeEgress, 8081, true},
			{"the operator has no business with Prometheus itself", prometheus, unlabelled, networkingv1.PolicyTypeEgress, 9090, false},
			{"the operator asks no stranger", stranger, unlabelled, networkingv1.PolicyTypeEgress, 8080, false},
			{"the operator resolves names", stranger, unlabelled, networkingv1.PolicyTypeEgress, 53, true},
			{"the operator talks to the API server", stranger, unlabelled, networkingv1.PolicyTypeEgress, 6443, true},
		} {
			Expect(lets(found.Items, operator, c.direction, c.peer, c.namespace, c.port)).To(Equal(c.want), c.reason)
		}
		row("NetworkPolicies: %d in place, right about 10 connections; not enforced here: the node's network is a plain bridge", len(found.Items))
	}, SpecTimeout(time.Minute))
}

// lets says whether policies let a connection of a pod pass, to or from a peer in a namespace with these labels.
func lets(policies []networkingv1.NetworkPolicy, of corev1.Pod, direction networkingv1.PolicyType, peer corev1.Pod, ns labels.Set, port int) bool {
	selected := false
	for _, p := range policies {
		if !slices.Contains(p.Spec.PolicyTypes, direction) || !matches(&p.Spec.PodSelector, of.Labels) {
			continue
		}
		selected = true
		for _, r := range p.Spec.Ingress {
			if direction == networkingv1.PolicyTypeIngress && atPort(r.Ports, port) && toPeer(r.From, peer, ns) {
				return true
			}
		}
		for _, r := range p.Spec.Egress {
			if direction == networkingv1.PolicyTypeEgress && atPort(r.Ports, port) && toPeer(r.To, peer, ns) {
				return true
			}
		}
	}
	return !selected
}

func atPort(ports []networkingv1.NetworkPolicyPort, port int) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port.IntValue() == port })
}

func toPeer(peers []networkingv1.NetworkPolicyPeer, peer corev1.Pod, ns labels.Set) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		return matches(p.NamespaceSelector, ns) && matches(p.PodSelector, peer.Labels)
	})
}

// matches takes an absent selector for one that selects all, as peers with only one of the two mean it here.
func matches(selector *metav1.LabelSelector, set map[string]string) bool {
	if selector == nil {
		return true
	}
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(set))
}
