package workload

import (
	"path"
	"slices"

	"github.com/blang/semver/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

const (
	// defaultThanosVersion is the sidecar that runs where spec.thanos.version is empty, as in today's upstream.
	defaultThanosVersion = "v0.42.2"

	thanosClientVolume = "thanos-prometheus-http-client-file"
	thanosClientDir    = "/etc/thanos/config"
	thanosClientFile   = "prometheus.http-client-file.yaml"
)

func (b *builder) thanos() corev1.Container {
	thanos := b.spec.Thanos
	return corev1.Container{
		Name: thanosSidecar,
		Image: image(ptr.Deref(thanos.Image, ""), firstNotBlank(ptr.Deref(thanos.BaseImage, ""), b.options.ThanosBaseImage),
			ptr.Deref(thanos.SHA, ""), ptr.Deref(thanos.Tag, ""), firstNotBlank(ptr.Deref(thanos.Version, ""), defaultThanosVersion)),
		ImagePullPolicy: b.spec.ImagePullPolicy,
		Args:            b.thanosArgs(),
		Env:             b.thanosEnv(),
		Ports: []corev1.ContainerPort{
			{Name: "http", ContainerPort: thanosHTTPPort, Protocol: corev1.ProtocolTCP},
			{Name: "grpc", ContainerPort: thanosGRPCPort, Protocol: corev1.ProtocolTCP},
		},
		VolumeMounts:             b.thanosMounts(),
		Resources:                thanos.Resources,
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          b.containerSecurity(),
	}
}

func (b *builder) thanosArgs() []string {
	var args arguments
	for _, add := range []func(*arguments){b.sidecarArgs, b.grpcArgs, b.uploadArgs, b.sidecarTracingArgs, b.sidecarLogArgs, b.sidecarTimeArgs} {
		add(&args)
	}
	if b.thanosTakesClient() {
		args.set("prometheus.http-client-file", path.Join(thanosClientDir, thanosClientFile))
	}
	at := field.NewPath("spec", "thanos", "additionalArgs")
	return slices.Concat([]string{"sidecar"}, b.withAdditional(at, args, b.spec.Thanos.AdditionalArgs))
}

func (b *builder) sidecarArgs(args *arguments) {
	thanos := b.spec.Thanos
	args.set("prometheus.url", b.localURL("/"))
	args.set("grpc-address", loopbackIf(thanos.ListenLocal || thanos.GRPCListenLocal)+":10901")
	args.set("http-address", loopbackIf(thanos.ListenLocal || thanos.HTTPListenLocal)+":10902")
}

func loopbackIf(local bool) string {
	if local {
		return "127.0.0.1"
	}
	return ""
}

// grpcArgs secure the sidecar's gRPC server. The flags for TLS versions came with Thanos 0.37.0, those for ciphers with 0.42.0.
func (b *builder) grpcArgs(args *arguments) {
	tls := b.spec.Thanos.GRPCServerTLSConfig
	if tls == nil {
		return
	}
	args.setUnlessEmpty("grpc-server-tls-cert", tls.CertFile)
	args.setUnlessEmpty("grpc-server-tls-key", tls.KeyFile)
	args.setUnlessEmpty("grpc-server-tls-client-ca", tls.CAFile)
	if version := thanosTLSVersions[ptr.Deref(tls.MinVersion, "")]; b.thanosAtLeast("0.37.0") {
		args.setUnlessEmpty("grpc-server-tls-min-version", version)
	}
	if !b.thanosAtLeast("0.42.0") {
		return
	}
	for _, suite := range tls.CipherSuites {
		args.set("grpc-server-tls-ciphers", suite)
	}
	for _, curve := range tls.Curves {
		args.set("grpc-server-tls-curves", curve)
	}
}

var thanosTLSVersions = map[v1.TLSVersion]string{
	v1.TLSVersion10: "1.0", v1.TLSVersion11: "1.1", v1.TLSVersion12: "1.2", v1.TLSVersion13: "1.3",
}

func (b *builder) thanosAtLeast(v string) bool { return b.thanosVersion.GTE(semver.MustParse(v)) }

// uploadArgs let the sidecar upload blocks, where the user names a bucket.
func (b *builder) uploadArgs(args *arguments) {
	if !b.uploads() {
		return
	}
	if file := b.spec.Thanos.ObjectStorageConfigFile; file != nil {
		args.set("objstore.config-file", *file)
	} else {
		args.set("objstore.config", "$(OBJSTORE_CONFIG)")
	}
	args.set("tsdb.path", storageDir)
	if b.compaction() == compactionDelayed {
		args.set("shipper.meta-file-name", shipperMeta)
		args.enable("shipper.ignore-unequal-block-size", true)
	}
}

func (b *builder) sidecarTracingArgs(args *arguments) {
	thanos := b.spec.Thanos
	switch {
	case thanos.TracingConfigFile != "":
		args.set("tracing.config-file", thanos.TracingConfigFile)
	case thanos.TracingConfig != nil:
		args.set("tracing.config", "$(TRACING_CONFIG)")
	}
}

func (b *builder) sidecarLogArgs(args *arguments) {
	args.setUnlessEmpty("log.level", firstNotBlank(b.spec.Thanos.LogLevel, b.spec.LogLevel))
	args.setUnlessEmpty("log.format", firstNotBlank(b.spec.Thanos.LogFormat, b.spec.LogFormat))
}

func (b *builder) sidecarTimeArgs(args *arguments) {
	thanos := b.spec.Thanos
	args.setUnlessEmpty("min-time", thanos.MinTime)
	args.setUnlessEmpty("prometheus.ready_timeout", string(thanos.ReadyTimeout))
	b.getConfigArg(args, "prometheus.get_config_timeout", "getConfigTimeout", thanos.GetConfigTimeout)
	b.getConfigArg(args, "prometheus.get_config_interval", "getConfigInterval", thanos.GetConfigInterval)
}

// getConfigArg sets one of the flags that came with Thanos 0.29.0: an older sidecar ends at a flag it does not know.
func (b *builder) getConfigArg(args *arguments, flag, name string, value v1.Duration) {
	switch {
	case value == "":
	case b.thanosAtLeast("0.29.0"):
		args.set(flag, string(value))
	default:
		b.ignore("spec.thanos."+name, "it needs Thanos 0.29.0")
	}
}

// thanosEnv brings in configuration that holds credentials; a file of the user's own comes first.
func (b *builder) thanosEnv() []corev1.EnvVar {
	thanos := b.spec.Thanos
	var env []corev1.EnvVar
	if thanos.ObjectStorageConfig != nil && thanos.ObjectStorageConfigFile == nil {
		env = append(env, fromSecret("OBJSTORE_CONFIG", thanos.ObjectStorageConfig))
	}
	if thanos.TracingConfig != nil && thanos.TracingConfigFile == "" {
		env = append(env, fromSecret("TRACING_CONFIG", thanos.TracingConfig))
	}
	return env
}

func fromSecret(name string, key *corev1.SecretKeySelector) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: key}}
}

func (b *builder) thanosMounts() []corev1.VolumeMount {
	mounts := slices.Clone(b.spec.Thanos.VolumeMounts)
	if b.uploads() {
		mounts = append(mounts, corev1.VolumeMount{Name: b.databaseName(), MountPath: storageDir, SubPath: b.databaseSubPath()})
	}
	if b.thanosTakesClient() {
		mounts = append(mounts, corev1.VolumeMount{Name: thanosClientVolume, MountPath: thanosClientDir, ReadOnly: true})
	}
	return mounts
}

func (b *builder) thanosVolumes() []corev1.Volume {
	if !b.thanosTakesClient() {
		return nil
	}
	return []corev1.Volume{{Name: thanosClientVolume, VolumeSource: corev1.VolumeSource{
		Secret: &corev1.SecretVolumeSource{SecretName: b.thanosClientName()},
	}}}
}

// thanosTakesClient reports whether there is a sidecar that can be told how to talk to Prometheus: Thanos 0.24.0 or newer.
func (b *builder) thanosTakesClient() bool {
	return b.spec.Thanos != nil && b.thanosAtLeast("0.24.0")
}

func (b *builder) thanosClientName() string {
	return world.WorkloadName(b.name) + "-" + thanosClientVolume
}

// thanosClientSecret is how the sidecar talks to Prometheus. It does not verify the certificate: they share the pod's loopback
// interface, and the certificate names the outside.
func (b *builder) thanosClientSecret() *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: b.world.ObjectMeta(b.thanosClientName()),
		Data:       map[string][]byte{thanosClientFile: []byte("tls_config:\n  insecure_skip_verify: true\n")},
	}
}
