package kubelet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilnet "k8s.io/utils/net"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/world"
)

// perSlice is the largest number of endpoints in one EndpointSlice. Source: the default of Kubernetes' EndpointSlice controller is
// 100, the API's limit 1,000; upstream's operator uses 512.
const perSlice = 512

// Options say which Service to keep, and how.
type Options struct {
	Service         types.NamespacedName
	Labels          map[string]string
	Annotations     map[string]string
	Endpoints       bool // keep the Endpoints object
	EndpointSlices  bool // keep EndpointSlices
	InsecureMetrics bool // also name the kubelet's read-only port, which has no TLS
	ExternalFirst   bool // prefer a node's external address
}

// Objects are what must exist behind the Service. A nil Endpoints or no EndpointSlices means that they are not kept.
type Objects struct {
	Endpoints      *corev1.Endpoints // deprecated by Kubernetes; older Prometheus configurations discover through it
	EndpointSlices []*discoveryv1.EndpointSlice
	// Unaddressed names the nodes without any usable address.
	Unaddressed []string
}

// target is a kubelet under one of its addresses; it has one of each family at most.
type target struct {
	node    *corev1.Node
	address string
	family  corev1.IPFamily
}

// For decides from the nodes. Same nodes in any order give the same objects. primary is the family that the Service prefers, "" where it
// is not known.
func For(nodes []*corev1.Node, primary corev1.IPFamily, o Options) Objects {
	var out Objects
	var targets []target
	for _, n := range slices.SortedFunc(slices.Values(nodes), func(a, b *corev1.Node) int { return cmp.Compare(a.Name, b.Name) }) {
		of := targetsOf(n, o.ExternalFirst)
		if len(of) == 0 {
			out.Unaddressed = append(out.Unaddressed, n.Name)
		}
		targets = append(targets, of...)
	}
	targets = withoutReplaced(targets)
	if o.Endpoints {
		out.Endpoints = endpoints(o, onePerNode(targets, primary))
	}
	if o.EndpointSlices {
		out.EndpointSlices = slices.Concat(sliced(o, corev1.IPv4Protocol, targets), sliced(o, corev1.IPv6Protocol, targets))
	}
	return out
}

// targetsOf takes one address of each family, of the preferred kind where the node has that: it is still one kubelet.
func targetsOf(n *corev1.Node, externalFirst bool) []target {
	order := []corev1.NodeAddressType{corev1.NodeInternalIP, corev1.NodeExternalIP}
	if externalFirst {
		slices.Reverse(order)
	}
	for _, kind := range order {
		var out []target
		for _, a := range n.Status.Addresses {
			family := familyOf(a.Address)
			if a.Type == kind && family != "" && !slices.ContainsFunc(out, func(t target) bool { return t.family == family }) {
				out = append(out, target{n, a.Address, family})
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// familyOf is "" for what is no IP address.
func familyOf(address string) corev1.IPFamily {
	switch ip := utilnet.ParseIPSloppy(address); {
	case ip == nil:
		return ""
	case utilnet.IsIPv6(ip):
		return corev1.IPv6Protocol
	}
	return corev1.IPv4Protocol
}

// withoutReplaced leaves out kubelets that are silent where another one that is not has their address.
func withoutReplaced(targets []target) []target {
	heard := map[string]bool{}
	for _, t := range targets {
		heard[t.address] = heard[t.address] || Heard(t.node)
	}
	return slices.DeleteFunc(targets, func(t target) bool { return heard[t.address] && !Heard(t.node) })
}

// Heard reports whether the node's kubelet has said lately whether it is ready.
func Heard(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status != corev1.ConditionUnknown
	})
}

// onePerNode takes the address of the primary family where a node has two: Endpoints have no families, and each would be scraped.
func onePerNode(targets []target, primary corev1.IPFamily) []target {
	var out []target
	for _, t := range targets { // those of one node stand side by side
		if last := len(out) - 1; last < 0 || out[last].node != t.node {
			out = append(out, t)
		} else if t.family == primary {
			out[last] = t
		}
	}
	return out
}

type port struct {
	name   string
	number int32
}

func portsOf(o Options) []port {
	out := []port{{"https-metrics", 10250}, {"cadvisor", 4194}}
	if o.InsecureMetrics {
		out = append(out, port{"http-metrics", 10255})
	}
	return out
}

// Service is the headless Service of the kubelets, which selects no pod.
func Service(o Options) *corev1.Service {
	s := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: o.meta(o.Service.Name),
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: corev1.ClusterIPNone},
	}
	for _, p := range portsOf(o) {
		s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: p.name, Port: p.number, Protocol: corev1.ProtocolTCP})
	}
	return s
}

func (o Options) meta(name string) metav1.ObjectMeta {
	labels := map[string]string{}
	maps.Copy(labels, o.Labels)
	maps.Copy(labels, map[string]string{
		"k8s-app":                      "kubelet",
		"app.kubernetes.io/name":       "kubelet",
		"app.kubernetes.io/managed-by": world.ManagedByValue,
	})
	return metav1.ObjectMeta{Namespace: o.Service.Namespace, Name: name, Labels: labels, Annotations: maps.Clone(o.Annotations)}
}

func reference(n *corev1.Node) *corev1.ObjectReference {
	return &corev1.ObjectReference{Kind: "Node", Name: n.Name, UID: n.UID, APIVersion: "v1"}
}

func endpoints(o Options, targets []target) *corev1.Endpoints {
	ep := &corev1.Endpoints{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Endpoints"},
		ObjectMeta: o.meta(o.Service.Name),
	}
	if o.EndpointSlices { // else Kubernetes mirrors the Endpoints into slices, which would stand beside ours
		ep.Labels[discoveryv1.LabelSkipMirror] = "true"
	}
	if len(targets) == 0 {
		return ep
	}
	subset := corev1.EndpointSubset{}
	for _, t := range targets {
		subset.Addresses = append(subset.Addresses, corev1.EndpointAddress{IP: t.address, NodeName: &t.node.Name, TargetRef: reference(t.node)})
	}
	for _, p := range portsOf(o) {
		subset.Ports = append(subset.Ports, corev1.EndpointPort{Name: p.name, Port: p.number, Protocol: corev1.ProtocolTCP})
	}
	ep.Subsets = []corev1.EndpointSubset{subset}
	return ep
}

func sliced(o Options, family corev1.IPFamily, targets []target) []*discoveryv1.EndpointSlice {
	var out []*discoveryv1.EndpointSlice
	of := slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return t.family != family })
	for chunk := range slices.Chunk(of, perSlice) {
		s := &discoveryv1.EndpointSlice{
			TypeMeta:    metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
			ObjectMeta:  o.meta(sliceName(o.Service.Name, family, len(out))),
			AddressType: discoveryv1.AddressType(family),
		}
		maps.Copy(s.Labels, Selector(o))
		for _, t := range chunk {
			s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{
				Addresses: []string{t.address}, NodeName: &t.node.Name, TargetRef: reference(t.node),
				Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)},
			})
		}
		for _, p := range portsOf(o) {
			s.Ports = append(s.Ports, discoveryv1.EndpointPort{Name: &p.name, Port: &p.number, Protocol: ptr.To(corev1.ProtocolTCP)})
		}
		out = append(out, s)
	}
	return out
}

// Selector are the labels by which the slices that are kept here are found, and no slices of the Service that others keep.
func Selector(o Options) map[string]string {
	return map[string]string{discoveryv1.LabelServiceName: o.Service.Name, discoveryv1.LabelManagedBy: world.ManagedByValue}
}

// Surplus are those of the slices that stand which are not wanted any more, by their names.
func Surplus(standing, wanted []*discoveryv1.EndpointSlice) []*discoveryv1.EndpointSlice {
	var out []*discoveryv1.EndpointSlice
	for _, s := range standing {
		if !slices.ContainsFunc(wanted, func(w *discoveryv1.EndpointSlice) bool { return w.Name == s.Name }) {
			out = append(out, s)
		}
	}
	return out
}

func sliceName(service string, family corev1.IPFamily, n int) string {
	return fmt.Sprintf("%s-%s-%d", service, strings.ToLower(string(family)), n)
}
