package world

import (
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// ServedCertificate is where the certificate comes from that a Prometheus and its reloaders serve. It is false without TLS, and for
// one that is named as a file of the pod.
func ServedCertificate(p *v1.Prometheus) (Reference, bool) {
	if p.Spec.Web == nil || p.Spec.Web.TLSConfig == nil || ptr.Deref(p.Spec.Web.TLSConfig.CertFile, "") != "" {
		return Reference{}, false
	}
	switch from := p.Spec.Web.TLSConfig.Cert; {
	case from.Secret != nil:
		return SecretKey(p.Namespace, *from.Secret), true
	case from.ConfigMap != nil:
		return ConfigMapKey(p.Namespace, *from.ConfigMap), true
	}
	return Reference{}, false
}
