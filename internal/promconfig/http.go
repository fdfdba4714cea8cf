package promconfig

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// httpClient is how one thing reaches another by HTTP: what scrape jobs, discoveries and remote endpoints have in common.
type httpClient struct {
	FollowRedirects *bool          `yaml:"follow_redirects"`
	EnableHTTP2     *bool          `yaml:"enable_http2"`
	BasicAuth       *basicAuth     `yaml:"basic_auth"`
	Authorization   *authorization `yaml:"authorization"`
	BearerToken     secret         `yaml:"bearer_token"`
	BearerTokenFile string         `yaml:"bearer_token_file"`
	OAuth2          *v1.OAuth2     `yaml:"oauth2"`
	TLSConfig       *tlsConfig     `yaml:"tls_config"`
	proxy
}

type basicAuth struct {
	Username secret `yaml:"username"`
	Password secret `yaml:"password"`
}

func (s *scope) basicAuth(a *v1.BasicAuth) *basicAuth {
	if a == nil {
		return nil
	}
	return &basicAuth{Username: s.secretKey(a.Username), Password: s.secretKey(a.Password)}
}

func (s *scope) optionalKey(sel *corev1.SecretKeySelector) secret {
	if sel == nil {
		return ""
	}
	return s.secretKey(*sel)
}

type proxy struct {
	URL             *string             `yaml:"proxy_url"`
	No              *string             `yaml:"no_proxy"`
	FromEnvironment *bool               `yaml:"proxy_from_environment"`
	ConnectHeader   map[string][]secret `yaml:"proxy_connect_header"`
}

func (s *scope) proxy(p v1.ProxyConfig) proxy {
	out := proxy{URL: p.ProxyURL, No: p.NoProxy, FromEnvironment: p.ProxyFromEnvironment}
	for name, values := range p.ProxyConnectHeader {
		if out.ConnectHeader == nil {
			out.ConnectHeader = map[string][]secret{}
		}
		for _, value := range values {
			out.ConnectHeader[name] = append(out.ConnectHeader[name], s.secretKey(value))
		}
	}
	return out
}

// authorization has the credentials themselves.
type authorization struct {
	Type            string `yaml:"type"`
	Credentials     secret `yaml:"credentials"`
	CredentialsFile string `yaml:"credentials_file"`
}

func (s *scope) safeAuthorization(a v1.SafeAuthorization) authorization {
	return s.authorization(v1.Authorization{SafeAuthorization: a})
}

func (s *scope) authorization(a v1.Authorization) authorization {
	out := authorization{Type: strings.TrimSpace(a.Type), CredentialsFile: a.CredentialsFile}
	if out.Type == "" {
		out.Type = "Bearer"
	}
	if a.Credentials != nil {
		out.Credentials = s.secretKey(*a.Credentials)
	}
	return out
}

// tlsConfig names files only: what stands in Secrets and ConfigMaps becomes TLS assets.
type tlsConfig struct {
	CAFile             string         `yaml:"ca_file"`
	CertFile           string         `yaml:"cert_file"`
	KeyFile            string         `yaml:"key_file"`
	ServerName         string         `yaml:"server_name"`
	InsecureSkipVerify *bool          `yaml:"insecure_skip_verify"`
	MinVersion         *v1.TLSVersion `yaml:"min_version"`
	MaxVersion         *v1.TLSVersion `yaml:"max_version"`
}

func (s *scope) safeTLS(t v1.SafeTLSConfig) tlsConfig { return s.tls(v1.TLSConfig{SafeTLSConfig: t}) }

func (s *scope) tls(t v1.TLSConfig) tlsConfig {
	out := tlsConfig{
		CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile,
		InsecureSkipVerify: t.InsecureSkipVerify, MinVersion: t.MinVersion, MaxVersion: t.MaxVersion,
	}
	if t.ServerName != nil {
		out.ServerName = *t.ServerName
	}
	if r, ok := s.referenceOf(t.CA); ok {
		out.CAFile = s.file(r)
	}
	if r, ok := s.referenceOf(t.Cert); ok {
		out.CertFile = s.file(r)
	}
	if t.KeySecret != nil && t.KeySecret.Name != "" {
		out.KeyFile = s.file(world.SecretKey(s.namespace, *t.KeySecret))
	}
	return out
}
