package workload

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

func (b *builder) prometheus() corev1.Container {
	return corev1.Container{
		Name:                     prometheusContainer,
		Image:                    b.prometheusImage(),
		ImagePullPolicy:          b.spec.ImagePullPolicy,
		Args:                     b.prometheusArgs(),
		Env:                      b.prometheusEnv(),
		Ports:                    b.prometheusPorts(),
		VolumeMounts:             b.prometheusMounts(),
		StartupProbe:             b.startupProbe(),
		ReadinessProbe:           b.readinessProbe(),
		LivenessProbe:            b.livenessProbe(),
		Resources:                b.spec.Resources,
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          b.containerSecurity(),
	}
}

func (b *builder) prometheusImage() string {
	base := firstNotBlank(b.spec.BaseImage, b.options.PrometheusBaseImage)
	return image(ptr.Deref(b.spec.Image, ""), base, b.spec.SHA, b.spec.Tag, "v"+b.version.String())
}

// prometheusPorts is empty where Prometheus listens on the loopback interface only.
func (b *builder) prometheusPorts() []corev1.ContainerPort {
	if b.spec.ListenLocal {
		return nil
	}
	return []corev1.ContainerPort{{Name: b.portName(), ContainerPort: prometheusPort, Protocol: corev1.ProtocolTCP}}
}

// prometheusEnv sets the garbage collector's target where the configuration can't: it can from 2.53.0 on.
func (b *builder) prometheusEnv() []corev1.EnvVar {
	if b.spec.Runtime == nil || b.spec.Runtime.GoGC == nil || b.atLeast("2.53.0") {
		return nil
	}
	return []corev1.EnvVar{{Name: "GOGC", Value: strconv.Itoa(int(*b.spec.Runtime.GoGC))}}
}
