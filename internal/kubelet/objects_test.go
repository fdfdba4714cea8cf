package kubelet

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

func node(name string, addresses ...string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	for i, a := range addresses {
		kind := corev1.NodeInternalIP
		if i > 0 {
			kind = corev1.NodeExternalIP
		}
		n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: kind, Address: a})
	}
	return n
}

var both = Options{Service: types.NamespacedName{Namespace: "kube-system", Name: "kubelet"}, Endpoints: true, EndpointSlices: true}

func TestAddresses(t *testing.T) {
	external := both
	external.ExternalFirst = true
	cases := map[string]struct {
		reason  string
		options Options
		nodes   []*corev1.Node
		want    []string // of the Endpoints
		left    []string
	}{
		"Sorted":      {"same nodes in any order give the same objects", both, []*corev1.Node{node("b", "10.0.0.2"), node("a", "10.0.0.1")}, []string{"10.0.0.1", "10.0.0.2"}, nil},
		"OnePerNode":  {"a node with several addresses is one kubelet", both, []*corev1.Node{node("a", "10.0.0.1", "203.0.113.1")}, []string{"10.0.0.1"}, nil},
		"External":    {"the flag prefers the external address", external, []*corev1.Node{node("a", "10.0.0.1", "203.0.113.1")}, []string{"203.0.113.1"}, nil},
		"NoAddress":   {"a node that has no address yet is named, not guessed", both, []*corev1.Node{node("a"), node("b", "10.0.0.2")}, []string{"10.0.0.2"}, []string{"a"}},
		"NotAnIP":     {"a host name is no endpoint's address", both, []*corev1.Node{node("a", "host.example")}, nil, []string{"a"}},
		"BothFamiies": {"both families stand in the Endpoints", both, []*corev1.Node{node("a", "10.0.0.1"), node("b", "2001:db8::1")}, []string{"10.0.0.1", "2001:db8::1"}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := For(tc.nodes, corev1.IPv4Protocol, tc.options)
			var addresses []string
			for _, s := range got.Endpoints.Subsets {
				for _, a := range s.Addresses {
					addresses = append(addresses, a.IP)
				}
			}
			if diff := cmp.Diff(tc.want, addresses); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.left, got.Unaddressed); diff != "" {
				t.Errorf("%s: left out (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSlices(t *testing.T) {
	var nodes []*corev1.Node
	for i := range perSlice + 1 {
		nodes = append(nodes, node(fmt.Sprintf("n-%04d", i), fmt.Sprintf("10.0.%d.%d", i/250, i%250)))
	}
	nodes = append(nodes, node("six", "2001:db8::1"))
	var names []string
	endpoints := 0
	for _, s := range For(nodes, "", both).EndpointSlices {
		names = append(names, s.Name)
		endpoints += len(s.Endpoints)
		if s.Labels[discoveryv1.LabelServiceName] != "kubelet" {
			t.Errorf("%s must name its Service, or nobody finds it", s.Name)
		}
	}
	if diff := cmp.Diff([]string{"kubelet-ipv4-0", "kubelet-ipv4-1", "kubelet-ipv6-0"}, names); diff != "" {
		t.Errorf("a slice holds one family and a bounded number (-want +got):\n%s", diff)
	}
	if endpoints != len(nodes) {
		t.Errorf("%d endpoints for %d nodes", endpoints, len(nodes))
	}
}

func TestSurplus(t *testing.T) {
	two := []*corev1.Node{node("a", "10.0.0.1"), node("six", "2001:db8::1")}
	slicesOnly := func(nodes []*corev1.Node, o Options) []*discoveryv1.EndpointSlice {
		return For(nodes, "", o).EndpointSlices
	}
	off := both
	off.EndpointSlices = false
	cases := map[string]struct {
		reason           string
		standing, wanted []*discoveryv1.EndpointSlice
		want             []string
	}{
		"Same":      {"what is wanted stays", slicesOnly(two, both), slicesOnly(two, both), nil},
		"NodeGone":  {"a family without nodes has no slice", slicesOnly(two, both), slicesOnly(two[:1], both), []string{"kubelet-ipv6-0"}},
		"TurnedOff": {"slices that are no longer kept would go stale", slicesOnly(two, both), slicesOnly(two, off), []string{"kubelet-ipv4-0", "kubelet-ipv6-0"}},
		"New":       {"what does not stand yet is not deleted", nil, slicesOnly(two, both), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range Surplus(tc.standing, tc.wanted) {
				got = append(got, s.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSelectorFindsOurSlicesAlone(t *testing.T) {
	selector := labels.SelectorFromSet(Selector(both))
	for _, s := range For([]*corev1.Node{node("a", "10.0.0.1"), node("six", "2001:db8::1")}, "", both).EndpointSlices {
		if !selector.Matches(labels.Set(s.Labels)) {
			t.Errorf("%s would never be deleted: its labels are %v", s.Name, s.Labels)
		}
	}
	if selector.Matches(labels.Set{discoveryv1.LabelServiceName: "kubelet", discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"}) {
		t.Error("slices of the Service that somebody else keeps are not ours to delete")
	}
}

func TestWhatIsNotAskedForIsNotMade(t *testing.T) {
	off := both
	off.Endpoints = false
	if For([]*corev1.Node{node("a", "10.0.0.1")}, "", off).Endpoints != nil {
		t.Error("--kubelet-endpoints=false keeps no Endpoints")
	}
	off = both
	off.EndpointSlices = false
	if got := For([]*corev1.Node{node("a", "10.0.0.1")}, "", off); len(got.EndpointSlices) > 0 {
		t.Error("--kubelet-endpointslice=false keeps no EndpointSlices")
	}
}

func TestEndpointsAreMirroredUnlessThereAreSlices(t *testing.T) {
	if For(nil, "", both).Endpoints.Labels[discoveryv1.LabelSkipMirror] != "true" {
		t.Error("Kubernetes would mirror the Endpoints into slices beside ours, and every kubelet would be scraped twice")
	}
	alone := both
	alone.EndpointSlices = false
	if got, ok := For(nil, "", alone).Endpoints.Labels[discoveryv1.LabelSkipMirror]; ok {
		t.Errorf("the label is %q: with no slices at all, what discovers by them finds no kubelet", got)
	}
}

// ports of each object, which are the same.
func TestPorts(t *testing.T) {
	cases := map[string]struct {
		reason   string
		insecure bool
		want     []string
	}{
		"All":    {"what is named has always been named", true, []string{"https-metrics", "cadvisor", "http-metrics"}},
		"Secure": {"the flag is about the kubelet's own plain port, and cAdvisor's is another", false, []string{"https-metrics", "cadvisor"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := both
			o.InsecureMetrics = tc.insecure
			objects := For([]*corev1.Node{node("a", "10.0.0.1")}, "", o)
			var ofService, ofEndpoints, ofSlice []string
			for _, p := range Service(o).Spec.Ports {
				ofService = append(ofService, p.Name)
			}
			for _, p := range objects.Endpoints.Subsets[0].Ports {
				ofEndpoints = append(ofEndpoints, p.Name)
			}
			for _, p := range objects.EndpointSlices[0].Ports {
				ofSlice = append(ofSlice, *p.Name)
			}
			for _, got := range [][]string{ofService, ofEndpoints, ofSlice} {
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
			}
		})
	}
}

// addressed has addresses of both families and both kinds.
func addressed(name string) *corev1.Node {
	n := node(name)
	for i, kind := range []corev1.NodeAddressType{corev1.NodeInternalIP, corev1.NodeExternalIP} {
		for j := range 2 {
			n.Status.Addresses = append(n.Status.Addresses,
				corev1.NodeAddress{Type: kind, Address: fmt.Sprintf("2001:db8::%d%d", i, j)}, corev1.NodeAddress{Type: kind, Address: fmt.Sprintf("10.0.%d.%d", i, j)})
		}
	}
	return n
}

func TestDualStack(t *testing.T) {
	nodes := []*corev1.Node{addressed("a"), node("four", "10.0.9.9")}
	for primary, want := range map[corev1.IPFamily]string{corev1.IPv4Protocol: "10.0.0.0", corev1.IPv6Protocol: "2001:db8::00", "": "2001:db8::00"} {
		got := For(nodes, primary, both)
		var addresses, sliced []string
		for _, a := range got.Endpoints.Subsets[0].Addresses {
			addresses = append(addresses, a.IP)
		}
		for _, s := range got.EndpointSlices {
			for _, e := range s.Endpoints {
				sliced = append(sliced, e.Addresses...)
			}
		}
		if diff := cmp.Diff([]string{want, "10.0.9.9"}, addresses); diff != "" {
			t.Errorf("Endpoints know no families, and each address of a node would be scraped: of %q (-want +got):\n%s", primary, diff)
		}
		if diff := cmp.Diff([]string{"10.0.0.0", "10.0.9.9", "2001:db8::00"}, sliced); diff != "" {
			t.Errorf("a slice of each family has one address of each node (-want +got):\n%s", diff)
		}
	}
}

func TestAnAddressThatAnotherNodeHasNow(t *testing.T) {
	heard := func(n *corev1.Node, ready corev1.ConditionStatus) *corev1.Node {
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}
		return n
	}
	cases := map[string]struct {
		reason string
		nodes  []*corev1.Node
		want   []string // nodes in the Endpoints
	}{
		"Replaced":     {"the kubelet that is silent was replaced", []*corev1.Node{heard(node("a", "10.0.0.1"), corev1.ConditionUnknown), heard(node("b", "10.0.0.1"), corev1.ConditionTrue)}, []string{"b"}},
		"NotReady":     {"a kubelet that says it is not ready answers", []*corev1.Node{heard(node("a", "10.0.0.1"), corev1.ConditionUnknown), heard(node("b", "10.0.0.1"), corev1.ConditionFalse)}, []string{"b"}},
		"SilentAlone":  {"that it is down is for its target to show", []*corev1.Node{heard(node("a", "10.0.0.1"), corev1.ConditionUnknown)}, []string{"a"}},
		"OtherAddress": {"another address is another kubelet", []*corev1.Node{heard(node("a", "10.0.0.1"), corev1.ConditionUnknown), heard(node("b", "10.0.0.2"), corev1.ConditionTrue)}, []string{"a", "b"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, a := range For(tc.nodes, "", both).Endpoints.Subsets[0].Addresses {
				got = append(got, *a.NodeName)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
