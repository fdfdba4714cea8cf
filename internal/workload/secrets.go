package workload

import corev1 "k8s.io/api/core/v1"

// secrets are those that only the pod needs. The configuration and the TLS assets are not among them.
func (b *builder) secrets() []*corev1.Secret {
	secrets := []*corev1.Secret{b.webSecret()}
	if b.thanosTakesClient() {
		secrets = append(secrets, b.thanosClientSecret())
	}
	return secrets
}
