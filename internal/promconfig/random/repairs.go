package random

import (
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// needed are lists without which the rest is refused.
var needed = map[string]bool{"static": true, "files": true, "targets": true, "endpoints": true, "podMetricsEndpoints": true, "names": true}

func repairing[T any](repair func(*filler, *T)) func(*filler, reflect.Value) {
	return func(f *filler, v reflect.Value) { repair(f, v.Addr().Interface().(*T)) }
}

// repairs make what was drawn field by field fit together.
var repairs map[reflect.Type]func(*filler, reflect.Value)

func init() {
	repairs = map[reflect.Type]func(*filler, reflect.Value){
		reflect.TypeFor[v1.SafeTLSConfig]():            repairing(safeTLS),
		reflect.TypeFor[v1.TLSConfig]():                repairing(tlsFiles),
		reflect.TypeFor[v1.Authorization]():            repairing(authorization),
		reflect.TypeFor[v1.Sigv4]():                    repairing(sigv4),
		reflect.TypeFor[v1.BasicAuth]():                repairing(basicAuth),
		reflect.TypeFor[v1.OAuth2]():                   repairing(oauth2),
		reflect.TypeFor[v1.ProbeSpec]():                repairing(probe),
		reflect.TypeFor[v1.QueueConfig]():              repairing(queue),
		reflect.TypeFor[v1alpha1.Filter]():             repairing(filter),
		reflect.TypeFor[v1.OTLPConfig]():               repairing(otlp),
		reflect.TypeFor[v1.ProbeTargets]():             repairing(probeTargets),
		reflect.TypeFor[v1alpha1.KubernetesSDConfig](): repairing(kubernetesSD),
		reflect.TypeFor[v1alpha1.AzureSDConfig]():      repairing(azureSD),
		reflect.TypeFor[v1alpha1.DNSSDConfig]():        repairing(dnsSD),
		reflect.TypeFor[v1alpha1.EC2SDConfig](): repairing(func(_ *filler, c *v1alpha1.EC2SDConfig) {
			keyPair(&c.AccessKey, &c.SecretKey)
			c.Region = new("eu-west-1")
		}),
		reflect.TypeFor[v1alpha1.LightSailSDConfig](): repairing(func(_ *filler, c *v1alpha1.LightSailSDConfig) {
			keyPair(&c.AccessKey, &c.SecretKey)
			c.Region = new("eu-west-1")
		}),
		reflect.TypeFor[v1alpha1.ScalewaySDConfig](): repairing(scaleway),
		reflect.TypeFor[v1alpha1.IonosSDConfig]():    repairing(ionos),
	}
}

func safeTLS(f *filler, t *v1.SafeTLSConfig) {
	t.CA, t.Cert, t.KeySecret = v1.SecretOrConfigMap{}, v1.SecretOrConfigMap{}, nil
	if f.seldom("ca") {
		t.CA = certificateIn(f)
	}
	if f.seldom("cert") {
		t.Cert, t.KeySecret = certificateIn(f), new(secretKey("key"))
	}
	if t.MinVersion != nil && t.MaxVersion != nil && *t.MinVersion > *t.MaxVersion {
		t.MinVersion, t.MaxVersion = t.MaxVersion, t.MinVersion
	}
}

// certificateIn refers to the one that Secrets and ConfigMaps hold.
func certificateIn(f *filler) v1.SecretOrConfigMap {
	if f.seldom("config map") {
		return v1.SecretOrConfigMap{ConfigMap: configMapKey("ca")}
	}
	return v1.SecretOrConfigMap{Secret: new(secretKey("cert"))}
}

func tlsFiles(f *filler, t *v1.TLSConfig) {
	t.CertFile, t.KeyFile = "", ""
	if t.KeySecret == nil && f.seldom("files") {
		t.CertFile, t.KeyFile = "/etc/x/cert", "/etc/x/key"
	}
	if t.CA != (v1.SecretOrConfigMap{}) {
		t.CAFile = ""
	}
}

func authorization(_ *filler, a *v1.Authorization) {
	if a.Credentials != nil {
		a.CredentialsFile = ""
	}
}

func sigv4(_ *filler, s *v1.Sigv4) { keyPair(&s.AccessKey, &s.SecretKey) }

func keyPair(access, secret **corev1.SecretKeySelector) {
	if *access == nil || *secret == nil {
		*access, *secret = nil, nil
	}
}

// Passwords and secrets of clients may be empty, unlike the names beside them.
func basicAuth(f *filler, b *v1.BasicAuth) { f.maybeEmpty(&b.Password) }
func oauth2(f *filler, o *v1.OAuth2)       { f.maybeEmpty(&o.ClientSecret) }

func (f *filler) maybeEmpty(sel *corev1.SecretKeySelector) {
	if f.seldom("empty") {
		*sel = secretKey(emptyKey)
	}
}

func otlp(_ *filler, o *v1.OTLPConfig) {
	o.PromoteResourceAttributes = o.PromoteResourceAttributes[:min(1, len(o.PromoteResourceAttributes))]
	o.IgnoreResourceAttributes = nil
	if o.PromoteAllResourceAttributes != nil && *o.PromoteAllResourceAttributes {
		o.PromoteResourceAttributes = nil
	}
}

// queue has bounds in their order.
func queue(_ *filler, q *v1.QueueConfig) {
	if q.MaxShards > 0 {
		q.MinShards = min(q.MinShards, q.MaxShards)
	}
	q.MaxBackoff = new(v1.Duration("2m"))
}

func filter(_ *filler, f *v1alpha1.Filter) { f.Values = append(f.Values, "x") }

func probeTargets(f *filler, t *v1.ProbeTargets) {
	if t.StaticConfig == nil && t.Ingress == nil {
		t.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"x"}}
	}
}

// probe has each parameter once, as the API server sees to.
func probe(_ *filler, p *v1.ProbeSpec) {
	seen := map[string]bool{}
	p.Params = slices.DeleteFunc(p.Params, func(param v1.ProbeParam) bool {
		again := seen[param.Name]
		seen[param.Name] = true
		return again
	})
}

func kubernetesSD(_ *filler, c *v1alpha1.KubernetesSDConfig) {
	if len(c.Selectors) > 0 {
		c.Selectors = []v1alpha1.K8SSelectorConfig{{Role: c.Role, Label: new("a=b,c"), Field: new("metadata.name=x")}}
	}
	if c.APIServer != nil {
		if c.Namespaces != nil {
			c.Namespaces.IncludeOwnNamespace = nil
		}
		return
	}
	// Prometheus takes a client's settings only for an API server that is named.
	*c = v1alpha1.KubernetesSDConfig{Role: c.Role, Namespaces: c.Namespaces, AttachMetadata: c.AttachMetadata, Selectors: c.Selectors}
}

func azureSD(_ *filler, c *v1alpha1.AzureSDConfig) {
	const id = "00000000-0000-0000-0000-000000000001"
	if c.AuthenticationMethod == nil || *c.AuthenticationMethod != v1alpha1.AuthMethodTypeManagedIdentity {
		c.TenantID, c.ClientID, c.ClientSecret = new(id), new(id), new(secretKey("password"))
	}
}

// dnsSD has a port where the records have none.
func dnsSD(_ *filler, c *v1alpha1.DNSSDConfig) {
	if (c.Port == nil || *c.Port == 0) && c.Type != nil && *c.Type != v1alpha1.DNSRecordTypeSRV {
		c.Port = new(int32(80))
	}
}

func ionos(_ *filler, c *v1alpha1.IonosSDConfig) {
	if c.OAuth2 == nil {
		c.Authorization.Credentials = new(secretKey("password"))
		return
	}
	c.Authorization = v1.SafeAuthorization{}
}

func scaleway(_ *filler, c *v1alpha1.ScalewaySDConfig) {
	c.AccessKey, c.ProjectID = "SCWXXXXXXXXXXXXXXXXX", "00000000-0000-0000-0000-000000000001"
	c.SecretKey, c.Zone = secretKey("uuid"), new("fr-par-1")
}
