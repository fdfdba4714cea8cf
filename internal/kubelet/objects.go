package kubelet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

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
	InsecureMetrics bool // also name the read-only ports that metrics were once served on
	ExternalFirst   bool // prefer a node's external address
}

// Objects are what must exist. A nil Endpoints or no EndpointSlices means that they are not kept.
type Objects struct {
	Service        *corev1.Service
	Endpoints      *corev1.Endpoints // deprecated by Kubernetes; older Prometheus configurations discover through it
	EndpointSlices []*discoveryv1.EndpointSlice
	// Unaddressed names the nodes without any usable address.
	Unaddressed []string
}

type target struct {
	node    *corev1.Node
	address string
}

// For decides from the nodes. Same nodes in any order give the same objects.
func For(nodes []*corev1.Node, o Options) Objects {
	out := Objects{Service: service(o)}
	var v4, v6 []target
	for _, n := range slices.SortedFunc(slices.Values(nodes), func(a, b *corev1.Node) int { return cmp.Compare(a.Name, b.Name) }) {
		address := addressOf(n, o.ExternalFirst)
		switch {
		case address == "":
			out.Unaddressed = append(out.Unaddressed, n.Name)
		case utilnet.IsIPv6String(address):
			v6 = append(v6, target{n, address})
		default:
			v4 = append(v4, target{n, address})
		}
	}
	if o.Endpoints {
		out.Endpoints = endpoints(o, slices.Concat(v4, v6))
	}
	if o.EndpointSlices {
		out.EndpointSlices = slices.Concat(sliced(o, discoveryv1.AddressTypeIPv4, v4), sliced(o, discoveryv1.AddressTypeIPv6, v6))
	}
	return out
}

// addressOf takes one address of each node: a node with several of one family is still one kubelet.
func addressOf(n *corev1.Node, externalFirst bool) string {
	order := []corev1.NodeAddressType{corev1.NodeInternalIP, corev1.NodeExternalIP}
	if externalFirst {
		slices.Reverse(order)
	}
	for _, kind := range order {
		for _, a := range n.Status.Addresses {
			if a.Type == kind && utilnet.ParseIPSloppy(a.Address) != nil {
				return a.Address
			}
		}
	}
	return ""
}

type port struct {
	name   string
	number int32
}

func portsOf(o Options) []port {
	out := []port{{"https-metrics", 10250}}
	if o.InsecureMetrics {
		out = append(out, port{"http-metrics", 10255}, port{"cadvisor", 4194})
	}
	return out
}

func service(o Options) *corev1.Service {
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

func sliced(o Options, family discoveryv1.AddressType, targets []target) []*discoveryv1.EndpointSlice {
	var out []*discoveryv1.EndpointSlice
	for chunk := range slices.Chunk(targets, perSlice) {
		s := &discoveryv1.EndpointSlice{
			TypeMeta:    metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
			ObjectMeta:  o.meta(sliceName(o.Service.Name, family, len(out))),
			AddressType: family,
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

func sliceName(service string, family discoveryv1.AddressType, n int) string {
	suffix := map[discoveryv1.AddressType]string{discoveryv1.AddressTypeIPv4: "ipv4", discoveryv1.AddressTypeIPv6: "ipv6"}[family]
	return fmt.Sprintf("%s-%s-%d", service, suffix, n)
}
