package workload

import corev1 "k8s.io/api/core/v1"

// containerSecurity is what the restricted Pod Security Standard asks of a container. Which user it runs as is left to the pod,
// since that depends on the image and on who owns the data that is already there.
func (b *builder) containerSecurity() *corev1.SecurityContext {
	context := &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		ReadOnlyRootFilesystem:   new(true),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	if pod := b.spec.SecurityContext; pod == nil || pod.SeccompProfile == nil {
		context.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	return context
}
