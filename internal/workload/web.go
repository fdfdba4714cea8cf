package workload

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Files of the web configuration's volume, beside the configuration itself.
const (
	serverCertFile = "tls.crt"
	serverKeyFile  = "tls.key"
	clientCAFile   = "client-ca.crt"
)

// webConfig is Prometheus' web configuration file. Source: prometheus/exporter-toolkit, docs/web-configuration.md.
type webConfig struct {
	TLS  *webTLS  `json:"tls_server_config,omitempty"`
	HTTP *webHTTP `json:"http_server_config,omitempty"`
}

type webTLS struct {
	CertFile                 string            `json:"cert_file,omitempty"`
	KeyFile                  string            `json:"key_file,omitempty"`
	ClientAuthType           v1.ClientAuthType `json:"client_auth_type,omitempty"`
	ClientCAFile             string            `json:"client_ca_file,omitempty"`
	MinVersion               string            `json:"min_version,omitempty"`
	MaxVersion               string            `json:"max_version,omitempty"`
	CipherSuites             []string          `json:"cipher_suites,omitempty"`
	PreferServerCipherSuites *bool             `json:"prefer_server_cipher_suites,omitempty"`
	CurvePreferences         []string          `json:"curve_preferences,omitempty"`
}

type webHTTP struct {
	HTTP2   *bool             `json:"http2,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// webSecret holds the web configuration. It exists without one too, so that turning TLS on changes the file and not the mount.
func (b *builder) webSecret() *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: b.world.ObjectMeta(b.webSecretName()),
		Data:       map[string][]byte{webConfigKey: b.webConfiguration()},
	}
}

func (b *builder) webSecretName() string { return world.WorkloadName(b.name) + "-web-config" }

// webConfiguration is empty when the user configures nothing: Prometheus then serves plain HTTP.
func (b *builder) webConfiguration() []byte {
	web := b.spec.Web
	if web == nil || web.TLSConfig == nil && web.HTTPConfig == nil {
		return []byte{}
	}
	data, err := yaml.Marshal(webConfig{TLS: b.serverTLS(), HTTP: serverHTTP(web.HTTPConfig)})
	if err != nil {
		b.refuse(field.InternalError(field.NewPath("spec", "web"), err))
	}
	return data
}

func (b *builder) serverTLS() *webTLS {
	if !b.servesTLS() {
		return nil
	}
	tls := b.spec.Web.TLSConfig
	config := &webTLS{
		CertFile:                 fileOr(tls.CertFile, serverCertFile),
		KeyFile:                  fileOr(tls.KeyFile, serverKeyFile),
		ClientAuthType:           ptr.Deref(tls.ClientAuthType, ""),
		ClientCAFile:             ptr.Deref(tls.ClientCAFile, ""),
		MinVersion:               ptr.Deref(tls.MinVersion, ""),
		MaxVersion:               ptr.Deref(tls.MaxVersion, ""),
		CipherSuites:             tls.CipherSuites,
		PreferServerCipherSuites: tls.PreferServerCipherSuites,
		CurvePreferences:         tls.CurvePreferences,
	}
	if tls.ClientCA != (v1.SecretOrConfigMap{}) {
		config.ClientCAFile = webDir + "/" + clientCAFile
	}
	return config
}

// fileOr is the user's own file, or the one of the volume.
func fileOr(own *string, name string) string {
	return firstNotBlank(ptr.Deref(own, ""), webDir+"/"+name)
}

func serverHTTP(asked *v1.WebHTTPConfig) *webHTTP {
	if asked == nil {
		return nil
	}
	config := &webHTTP{HTTP2: asked.HTTP2}
	if asked.Headers == nil {
		return config
	}
	config.Headers = map[string]string{}
	for name, value := range map[string]string{
		"Content-Security-Policy":   asked.Headers.ContentSecurityPolicy,
		"Strict-Transport-Security": asked.Headers.StrictTransportSecurity,
		"X-Content-Type-Options":    strings.ToLower(asked.Headers.XContentTypeOptions),
		"X-Frame-Options":           strings.ToLower(asked.Headers.XFrameOptions),
		"X-XSS-Protection":          asked.Headers.XXSSProtection,
	} {
		if value != "" {
			config.Headers[name] = value
		}
	}
	return config
}

// webVolume brings the web configuration and the server's certificate, key and client CA into one directory. It is mounted as a
// whole: files of a subPath are never updated, and Prometheus reads these anew with every connection.
func (b *builder) webVolume() corev1.Volume {
	sources := []corev1.VolumeProjection{secretFile(corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: b.webSecretName()}, Key: webConfigKey,
	}, webConfigKey)}
	if b.servesTLS() {
		sources = append(sources, b.tlsFiles()...)
	}
	return projected(webVolume, sources)
}

// tlsFiles are the references of the server's TLS configuration, which must name each of certificate and key once.
func (b *builder) tlsFiles() []corev1.VolumeProjection {
	tls, at := b.spec.Web.TLSConfig, field.NewPath("spec", "web", "tlsConfig")
	key := v1.SecretOrConfigMap{}
	if tls.KeySecret != (corev1.SecretKeySelector{}) {
		key.Secret = &tls.KeySecret
	}
	var sources []corev1.VolumeProjection
	for _, file := range []struct {
		path     string
		from     v1.SecretOrConfigMap
		own      *string
		name     string
		required bool
	}{
		{"cert", tls.Cert, tls.CertFile, serverCertFile, true},
		{"keySecret", key, tls.KeyFile, serverKeyFile, true},
		{"client_ca", tls.ClientCA, tls.ClientCAFile, clientCAFile, false},
	} {
		referenced, named := file.from != (v1.SecretOrConfigMap{}), ptr.Deref(file.own, "") != ""
		switch {
		case file.from.Secret != nil && file.from.ConfigMap != nil:
			b.refuse(field.Forbidden(at.Child(file.path), "set either secret or configMap, not both"))
		case referenced && named:
			b.refuse(field.Forbidden(at.Child(file.path), "set either the reference or the file, not both"))
		case referenced:
			sources = append(sources, fileOf(file.from, file.name))
		case file.required && !named:
			b.refuse(field.Required(at.Child(file.path), "TLS needs a certificate and its private key"))
		}
	}
	return sources
}

// fileOf projects one key of a Secret or ConfigMap under another name.
func fileOf(from v1.SecretOrConfigMap, name string) corev1.VolumeProjection {
	if from.Secret != nil {
		return secretFile(*from.Secret, name)
	}
	return corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
		LocalObjectReference: from.ConfigMap.LocalObjectReference,
		Items:                []corev1.KeyToPath{{Key: from.ConfigMap.Key, Path: name}},
	}}
}

func secretFile(from corev1.SecretKeySelector, name string) corev1.VolumeProjection {
	return corev1.VolumeProjection{Secret: &corev1.SecretProjection{
		LocalObjectReference: from.LocalObjectReference,
		Items:                []corev1.KeyToPath{{Key: from.Key, Path: name}},
	}}
}
