package promconfig

import (
	"crypto/tls"
	"crypto/x509"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// authentications are the fields by which a client can say who it is. Prometheus takes one of them.
var authentications = []string{
	"BasicAuth", "Authorization", "OAuth2", "BearerToken", "BearerTokenFile", "BearerTokenSecret", "Sigv4", "AzureAD",
}

// authentication is one such field of a struct.
type authentication struct {
	name  string
	index []int
}

func authenticationsOf(t reflect.Type) []authentication {
	var out []authentication
	for _, f := range reflect.VisibleFields(t) {
		if slices.Contains(authentications, f.Name) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			out = append(out, authentication{name: name, index: f.Index})
		}
	}
	return out
}

func (in *inspector) authenticatesOnce(ways []authentication, v reflect.Value) {
	used := ""
	for _, way := range ways {
		if !isUsed(v.FieldByIndex(way.index)) {
			continue
		}
		if used != "" {
			in.fault(InvalidClient, "%s and %s are both set; only one way to authenticate can be used", used, way.name)
			return
		}
		used = way.name
	}
}

func isUsed(v reflect.Value) bool {
	if sel, ok := v.Interface().(*corev1.SecretKeySelector); ok {
		return sel != nil && sel.Name != ""
	}
	return !v.IsZero()
}

func (in *inspector) safeAuthorization(a *v1.SafeAuthorization) {
	if strings.EqualFold(strings.TrimSpace(a.Type), "basic") {
		in.fault(InvalidClient, `authorization can't be of type "Basic"; use basicAuth`)
	}
}

func (in *inspector) authorization(a *v1.Authorization) {
	if a.Credentials != nil && a.Credentials.Name != "" && a.CredentialsFile != "" {
		in.fault(InvalidClient, "set either credentials or credentialsFile, not both")
	}
}

func (in *inspector) proxy(p *v1.ProxyConfig) {
	url, none := ptr.Deref(p.ProxyURL, ""), ptr.Deref(p.NoProxy, "")
	fromEnvironment := ptr.Deref(p.ProxyFromEnvironment, false)
	switch {
	case fromEnvironment && url != "":
		in.fault(InvalidClient, "set either proxyUrl or proxyFromEnvironment, not both")
	case fromEnvironment && none != "":
		in.fault(InvalidClient, "set either noProxy or proxyFromEnvironment, not both")
	case url == "" && none != "":
		in.fault(InvalidClient, "noProxy needs proxyUrl")
	case url == "" && !fromEnvironment && len(p.ProxyConnectHeader) > 0:
		in.fault(InvalidClient, "proxyConnectHeader needs proxyUrl or proxyFromEnvironment")
	}
	if url != "" {
		in.at("proxyUrl", func() { in.url(url, "http", "https", "socks5", "socks5h") })
	}
}

func (in *inspector) sigv4(s *v1.Sigv4) {
	if in.holds(s.AccessKey) != in.holds(s.SecretKey) {
		in.fault(InvalidClient, "accessKey and secretKey go together")
	}
}

// holds reports whether a key is named and, as far as it can be read, not empty.
func (in *inspector) holds(sel *corev1.SecretKeySelector) bool {
	return isKey(sel) && !in.isEmpty(v1.SecretOrConfigMap{Secret: sel})
}

func (in *inspector) oauth2(o *v1.OAuth2) { in.notEmpty("clientId", o.ClientID) }

// tlsFiles inspects what names files: each of the three comes from one place.
func (in *inspector) tlsFiles(t *v1.TLSConfig) {
	for _, file := range []struct {
		name, path string
		referenced bool
	}{
		{"caFile", t.CAFile, isSet(t.CA)},
		{"certFile", t.CertFile, isSet(t.Cert)},
		{"keyFile", t.KeyFile, isKey(t.KeySecret)},
	} {
		if file.path != "" && file.referenced {
			in.fault(InvalidClient, "%s is set beside the reference; set one of them", file.name)
		}
	}
	in.certificateWithKey(t.CertFile != "" || isSet(t.Cert), t.KeyFile != "" || isKey(t.KeySecret))
}

// safeTLS is asked where files can't be named at all.
func (in *inspector) safeTLS(t **v1.SafeTLSConfig) {
	if *t != nil {
		in.certificateWithKey(isSet((*t).Cert), isKey((*t).KeySecret))
	}
}

func isSet(sel v1.SecretOrConfigMap) bool {
	return sel.Secret != nil && sel.Secret.Name != "" || sel.ConfigMap != nil && sel.ConfigMap.Name != ""
}

func isKey(sel *corev1.SecretKeySelector) bool { return sel != nil && sel.Name != "" }

func (in *inspector) certificateWithKey(certificate, key bool) {
	if certificate != key {
		in.fault(InvalidClient, "a client certificate and its private key go together")
	}
}

// tls inspects versions and, where they can be read, the contents of what is referred to.
func (in *inspector) tls(t *v1.SafeTLSConfig) {
	if t.MinVersion != nil && t.MaxVersion != nil && *t.MinVersion > *t.MaxVersion {
		in.fault(InvalidClient, "minVersion %s is above maxVersion %s", *t.MinVersion, *t.MaxVersion)
	}
	if ca, ok := in.content(t.CA); ok {
		in.at("ca", func() { in.certificate(ca) })
	}
	cert, hasCert := in.content(t.Cert)
	key, hasKey := in.content(v1.SecretOrConfigMap{Secret: t.KeySecret})
	if !hasCert || !hasKey {
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		in.fault(InvalidClient, "certificate and key: %v", err)
	}
}

// content is what a reference holds; not whether it can be read, which is asked elsewhere.
func (in *inspector) content(sel v1.SecretOrConfigMap) ([]byte, bool) {
	s := scope{namespace: in.namespace}
	r, ok := s.referenceOf(sel)
	if !ok || in.lookup == nil {
		return nil, false
	}
	value, err := in.lookup(r)
	return value.Reveal(), err == nil
}

// certificate asks what Prometheus asks of authorities: one that can be read is enough.
func (in *inspector) certificate(content []byte) {
	if !x509.NewCertPool().AppendCertsFromPEM(content) {
		in.fault(InvalidClient, "no certificate in PEM form")
	}
}
