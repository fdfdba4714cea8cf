package workload

import (
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

func thanosEffects() map[string]effect {
	thanos := func(change func(*v1.ThanosSpec)) func(*v1.PrometheusSpec) {
		return func(s *v1.PrometheusSpec) {
			s.Thanos = &v1.ThanosSpec{}
			change(s.Thanos)
		}
	}
	tls := func(change func(*v1.GRPCServerTLSConfig)) func(*v1.PrometheusSpec) {
		return thanos(func(s *v1.ThanosSpec) {
			s.GRPCServerTLSConfig = &v1.GRPCServerTLSConfig{}
			change(s.GRPCServerTLSConfig)
		})
	}
	return map[string]effect{
		"thanos.image":                            {set: thanos(func(s *v1.ThanosSpec) { s.Image = new("example.com/t:x") }), appears: "image: example.com/t:x"},
		"thanos.version":                          {set: thanos(func(s *v1.ThanosSpec) { s.Version = new("v0.36.0") }), appears: "thanos/thanos:v0.36.0"},
		"thanos.tag":                              {set: thanos(func(s *v1.ThanosSpec) { s.Tag = new("main") }), appears: "thanos/thanos:main"},
		"thanos.sha":                              {set: thanos(func(s *v1.ThanosSpec) { s.SHA = new("abc") }), appears: "thanos/thanos@sha256:abc"},
		"thanos.baseImage":                        {set: thanos(func(s *v1.ThanosSpec) { s.BaseImage = new("example.com/t") }), appears: "image: example.com/t:v0.42.2"},
		"thanos.resources":                        {set: thanos(func(s *v1.ThanosSpec) { s.Resources.Claims = []corev1.ResourceClaim{{Name: "c"}} }), appears: "claims:\n"},
		"thanos.objectStorageConfig":              {set: thanos(func(s *v1.ThanosSpec) { s.ObjectStorageConfig = secretKey("bucket", "key") }), appears: "--objstore.config=$(OBJSTORE_CONFIG)"},
		"thanos.objectStorageConfigFile":          {set: thanos(func(s *v1.ThanosSpec) { s.ObjectStorageConfigFile = new("/b") }), appears: "--objstore.config-file=/b"},
		"thanos.listenLocal":                      {set: thanos(func(s *v1.ThanosSpec) { s.ListenLocal = true }), appears: "--http-address=127.0.0.1:10902"},
		"thanos.grpcListenLocal":                  {set: thanos(func(s *v1.ThanosSpec) { s.GRPCListenLocal = true }), appears: "--grpc-address=127.0.0.1:10901"},
		"thanos.httpListenLocal":                  {set: thanos(func(s *v1.ThanosSpec) { s.HTTPListenLocal = true }), appears: "--http-address=127.0.0.1:10902"},
		"thanos.tracingConfig":                    {set: thanos(func(s *v1.ThanosSpec) { s.TracingConfig = secretKey("trace", "key") }), appears: "name: TRACING_CONFIG"},
		"thanos.tracingConfigFile":                {set: thanos(func(s *v1.ThanosSpec) { s.TracingConfigFile = "/t" }), appears: "--tracing.config-file=/t"},
		"thanos.logLevel":                         {set: thanos(func(s *v1.ThanosSpec) { s.LogLevel = "warn" }), appears: "--log.level=warn"},
		"thanos.logFormat":                        {set: thanos(func(s *v1.ThanosSpec) { s.LogFormat = "json" }), appears: "--log.format=json"},
		"thanos.minTime":                          {set: thanos(func(s *v1.ThanosSpec) { s.MinTime = "-1d" }), appears: "--min-time=-1d"},
		"thanos.readyTimeout":                     {set: thanos(func(s *v1.ThanosSpec) { s.ReadyTimeout = "7m" }), appears: "--prometheus.ready_timeout=7m"},
		"thanos.getConfigInterval":                {set: thanos(func(s *v1.ThanosSpec) { s.GetConfigInterval = "8s" }), appears: "--prometheus.get_config_interval=8s"},
		"thanos.getConfigTimeout":                 {set: thanos(func(s *v1.ThanosSpec) { s.GetConfigTimeout = "9s" }), appears: "--prometheus.get_config_timeout=9s"},
		"thanos.getConfigInterval (0.28)":         {set: thanos(func(s *v1.ThanosSpec) { s.Version, s.GetConfigInterval = new("v0.28.1"), "8s" }), ignored: "spec.thanos.getConfigInterval has no effect: it needs Thanos 0.29.0"},
		"thanos.getConfigTimeout (0.28)":          {set: thanos(func(s *v1.ThanosSpec) { s.Version, s.GetConfigTimeout = new("v0.28.1"), "9s" }), ignored: "spec.thanos.getConfigTimeout has no effect: it needs Thanos 0.29.0"},
		"thanos.volumeMounts":                     {set: thanos(func(s *v1.ThanosSpec) { s.VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/tv"}} }), appears: "mountPath: /tv"},
		"thanos.additionalArgs":                   {set: thanos(func(s *v1.ThanosSpec) { s.AdditionalArgs = []v1.Argument{{Name: "debug.name"}} }), appears: "- --debug.name\n"},
		"thanos.grpcServerTlsConfig.certFile":     {set: tls(func(c *v1.GRPCServerTLSConfig) { c.CertFile = "/c" }), appears: "--grpc-server-tls-cert=/c"},
		"thanos.grpcServerTlsConfig.keyFile":      {set: tls(func(c *v1.GRPCServerTLSConfig) { c.KeyFile = "/k" }), appears: "--grpc-server-tls-key=/k"},
		"thanos.grpcServerTlsConfig.caFile":       {set: tls(func(c *v1.GRPCServerTLSConfig) { c.CAFile = "/a" }), appears: "--grpc-server-tls-client-ca=/a"},
		"thanos.grpcServerTlsConfig.minVersion":   {set: tls(func(c *v1.GRPCServerTLSConfig) { c.MinVersion = new(v1.TLSVersion13) }), appears: "--grpc-server-tls-min-version=1.3"},
		"thanos.grpcServerTlsConfig.cipherSuites": {set: tls(func(c *v1.GRPCServerTLSConfig) { c.CipherSuites = []string{"S"} }), appears: "--grpc-server-tls-ciphers=S"},
		"thanos.grpcServerTlsConfig.curves":       {set: tls(func(c *v1.GRPCServerTLSConfig) { c.Curves = []string{"X"} }), appears: "--grpc-server-tls-curves=X"},
		"thanos.blockSize": {set: func(s *v1.PrometheusSpec) {
			s.Thanos = &v1.ThanosSpec{ObjectStorageConfigFile: new("/b"), BlockDuration: "1h", Version: new("v0.41.0")}
		}, appears: "--storage.tsdb.max-block-duration=1h"},
	}
}

func webEffects() map[string]effect {
	tls := func(change func(*v1.WebTLSConfig)) func(*v1.PrometheusSpec) {
		return func(s *v1.PrometheusSpec) {
			config := &v1.WebTLSConfig{CertFile: new("/c"), KeyFile: new("/k")}
			change(config)
			s.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{TLSConfig: config}}
		}
	}
	http := func(config v1.WebHTTPConfig) func(*v1.PrometheusSpec) {
		return func(s *v1.PrometheusSpec) {
			s.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{HTTPConfig: &config}}
		}
	}
	headers := func(h v1.WebHTTPHeaders) func(*v1.PrometheusSpec) { return http(v1.WebHTTPConfig{Headers: &h}) }
	served := &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "served"}, Key: "crt"}
	return map[string]effect{
		"web.pageTitle":                                  {set: func(s *v1.PrometheusSpec) { s.Web = &v1.PrometheusWebSpec{PageTitle: new("P")} }, appears: "--web.page-title=P"},
		"web.maxConnections":                             {set: func(s *v1.PrometheusSpec) { s.Web = &v1.PrometheusWebSpec{MaxConnections: new(int32(3))} }, appears: "--web.max-connections=3"},
		"web.tlsConfig.certFile":                         {set: tls(func(c *v1.WebTLSConfig) { c.CertFile = new("/own.crt") }), appears: "cert_file: /own.crt"},
		"web.tlsConfig.keyFile":                          {set: tls(func(c *v1.WebTLSConfig) { c.KeyFile = new("/own.key") }), appears: "key_file: /own.key"},
		"web.tlsConfig.clientCAFile":                     {set: tls(func(c *v1.WebTLSConfig) { c.ClientCAFile = new("/ca.crt") }), appears: "client_ca_file: /ca.crt"},
		"web.tlsConfig.cert.secret":                      {set: tls(func(c *v1.WebTLSConfig) { c.CertFile, c.Cert.Secret = nil, secretKey("served", "crt") }), appears: "path: tls.crt\n              name: served"},
		"web.tlsConfig.cert.configMap":                   {set: tls(func(c *v1.WebTLSConfig) { c.CertFile, c.Cert.ConfigMap = nil, served }), appears: "path: tls.crt\n              name: served"},
		"web.tlsConfig.keySecret":                        {set: tls(func(c *v1.WebTLSConfig) { c.KeyFile, c.KeySecret = nil, *secretKey("served", "key") }), appears: "path: tls.key\n              name: served"},
		"web.tlsConfig.client_ca.secret":                 {set: tls(func(c *v1.WebTLSConfig) { c.ClientCA.Secret = secretKey("clients", "ca") }), appears: "path: client-ca.crt\n              name: clients"},
		"web.tlsConfig.client_ca.configMap":              {set: tls(func(c *v1.WebTLSConfig) { c.ClientCA.ConfigMap = served }), appears: "client_ca_file: /etc/prometheus/web_config/client-ca.crt"},
		"web.tlsConfig.clientAuthType":                   {set: tls(func(c *v1.WebTLSConfig) { c.ClientAuthType = new(v1.RequireAndVerifyClientCert) }), appears: "client_auth_type: RequireAndVerifyClientCert"},
		"web.tlsConfig.minVersion":                       {set: tls(func(c *v1.WebTLSConfig) { c.MinVersion = new("TLS12") }), appears: "min_version: TLS12"},
		"web.tlsConfig.maxVersion":                       {set: tls(func(c *v1.WebTLSConfig) { c.MaxVersion = new("TLS13") }), appears: "max_version: TLS13"},
		"web.tlsConfig.cipherSuites":                     {set: tls(func(c *v1.WebTLSConfig) { c.CipherSuites = []string{"S"} }), appears: "cipher_suites:\n      - S"},
		"web.tlsConfig.preferServerCipherSuites":         {set: tls(func(c *v1.WebTLSConfig) { c.PreferServerCipherSuites = new(false) }), appears: "prefer_server_cipher_suites: false"},
		"web.tlsConfig.curvePreferences":                 {set: tls(func(c *v1.WebTLSConfig) { c.CurvePreferences = []string{"X25519"} }), appears: "curve_preferences:\n      - X25519"},
		"web.httpConfig.http2":                           {set: http(v1.WebHTTPConfig{HTTP2: new(false)}), appears: "http2: false"},
		"web.httpConfig.headers.contentSecurityPolicy":   {set: headers(v1.WebHTTPHeaders{ContentSecurityPolicy: "self"}), appears: "Content-Security-Policy: self"},
		"web.httpConfig.headers.xFrameOptions":           {set: headers(v1.WebHTTPHeaders{XFrameOptions: "Deny"}), appears: "X-Frame-Options: deny"},
		"web.httpConfig.headers.xContentTypeOptions":     {set: headers(v1.WebHTTPHeaders{XContentTypeOptions: "NoSniff"}), appears: "X-Content-Type-Options: nosniff"},
		"web.httpConfig.headers.xXSSProtection":          {set: headers(v1.WebHTTPHeaders{XXSSProtection: "0"}), appears: `X-XSS-Protection: "0"`},
		"web.httpConfig.headers.strictTransportSecurity": {set: headers(v1.WebHTTPHeaders{StrictTransportSecurity: "max-age=1"}), appears: "Strict-Transport-Security: max-age=1"},
	}
}
