package workload

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/promloop/promloop/internal/world"
)

// services is the governing Service, unless the user has one of their own.
func (b *builder) services() []*corev1.Service {
	if b.spec.ServiceName != nil {
		return nil
	}
	meta := b.world.ObjectMeta(governingService)
	delete(meta.Labels, world.NameLabel) // it belongs to no Prometheus alone
	meta.Labels["operated-prometheus"] = "true"
	return []*corev1.Service{{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: meta,
		Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone,
			Selector:  map[string]string{nameLabel: appName},
			Ports:     b.servicePorts(),
		},
	}}
}

// servicePorts are this Prometheus' own and those that stand there for another one of the namespace: of two that give one port
// different names the first wins, instead of each undoing what the other wrote.
func (b *builder) servicePorts() []corev1.ServicePort {
	ports := b.standingPorts()
	own := []corev1.ServicePort{servicePort(b.portName(), prometheusPort)}
	if b.spec.Thanos != nil {
		own = append(own, servicePort("grpc", thanosGRPCPort))
	}
	for _, port := range own {
		if !slices.ContainsFunc(ports, func(p corev1.ServicePort) bool { return p.Port == port.Port || p.Name == port.Name }) {
			ports = append(ports, port)
		}
	}
	slices.SortFunc(ports, func(a, b corev1.ServicePort) int { return int(a.Port - b.Port) })
	return ports
}

func servicePort(name string, port int32) corev1.ServicePort {
	return corev1.ServicePort{Name: name, Port: port, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromString(name)}
}

// standingPorts are the ports of the Service as it stands, when another Prometheus owns it too.
func (b *builder) standingPorts() []corev1.ServicePort {
	for _, svc := range b.world.Owned.Services {
		shared := slices.ContainsFunc(svc.OwnerReferences, func(ref metav1.OwnerReference) bool {
			return ref.UID != b.world.Prometheus.UID
		})
		if svc.Name == governingService && shared {
			return slices.Clone(svc.Spec.Ports)
		}
	}
	return nil
}
