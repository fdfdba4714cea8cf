package workload

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// initReloader stages the first configuration and the first rules, so that Prometheus never starts on nothing.
func (b *builder) initReloader(shard int) corev1.Container {
	c := b.reloader(initConfigReloader, b.options.ConfigReloaderImage, shard)
	c.Command = []string{"/bin/config-reloader"}
	c.Args = b.configReloaderArgs()
	c.VolumeMounts = append(configMounts(), b.rulesMount(), corev1.VolumeMount{Name: lastGoodVolume, MountPath: lastGoodDir, ReadOnly: true})
	c.Resources = b.initResources()
	c.Env = append(c.Env, b.contractEnv(
		[2]string{"RELOADER_ONCE", "true"},
		[2]string{"RELOADER_RULES_DIR", b.rulesPath()},
		[2]string{"RELOADER_FALLBACK_DIR", lastGoodDir},
		[2]string{"RELOADER_RELEASE_FILE", configDir + "/" + releaseFile},
		[2]string{"RELOADER_MANIFEST", b.configManifest()},
	)...)
	return c
}

func (b *builder) configReloader(shard int) corev1.Container {
	c := b.reloader(configReloader, b.options.ConfigReloaderImage, shard)
	c.Args = b.configReloaderArgs()
	c.VolumeMounts = slices.Concat(configMounts(), b.webMounts())
	c.Resources = b.configResources()
	if b.options.ForeignReloaders {
		return b.foreignConfigReloader(c)
	}
	c.Command = []string{"/bin/config-reloader"}
	c.Env = append(c.Env, b.contractEnv(
		[2]string{"RELOADER_LISTEN_ADDRESS", listenOn(configPort)},
		[2]string{"RELOADER_RELEASE_FILE", configDir + "/" + releaseFile},
		[2]string{"RELOADER_MANIFEST", b.configManifest()},
	)...)
	return b.served(c, "reloader-web", configPort)
}

func (b *builder) rulesReloader(shard int) corev1.Container {
	c := b.reloader(RulesReloader, b.options.RulesReloaderImage, shard)
	c.Args = []string{"--webhook-url=" + b.localURL("/-/reload"), "--volume-dir=" + b.rulesPath()}
	c.VolumeMounts = slices.Concat([]corev1.VolumeMount{b.rulesMount()}, configOutMount(false), b.webMounts())
	c.Resources = b.rulesResources()
	if b.options.ForeignReloaders {
		return c
	}
	c.Command = []string{"/bin/rules-reloader"}
	c.Env = append(c.Env, b.contractEnv(
		[2]string{"RELOADER_LISTEN_ADDRESS", listenOn(rulesPort)},
		[2]string{"RELOADER_RELEASE_FILE", b.rulesPath() + "/" + releaseFile},
		[2]string{"RELOADER_MANIFEST", "required"},
	)...)
	return b.served(c, "rules-web", rulesPort)
}

// reloader is what the three have in common.
func (b *builder) reloader(name, image string, shard int) corev1.Container {
	env := []corev1.EnvVar{
		{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		{Name: "SHARD", Value: strconv.Itoa(shard)},
	}
	if zone, inZone := b.zone(shard); zone != "" {
		env = append(env, corev1.EnvVar{Name: "TOPOLOGY_ZONE", Value: zone},
			corev1.EnvVar{Name: "INZONE_SHARD", Value: strconv.Itoa(inZone)},
			corev1.EnvVar{Name: "RELOADER_EXPAND", Value: "POD_NAME,SHARD,TOPOLOGY_ZONE,INZONE_SHARD"})
	}
	return corev1.Container{
		Name:                     name,
		Image:                    image,
		ImagePullPolicy:          b.spec.ImagePullPolicy,
		Env:                      env,
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          b.containerSecurity(),
	}
}

// configReloaderArgs are the reference layout's; all else reaches the reloader by its environment.
func (b *builder) configReloaderArgs() []string {
	return []string{
		"--log-format=" + firstNotBlank(b.spec.LogFormat, "logfmt"),
		"--reload-url=" + b.localURL("/-/reload"),
		"--config-file=" + configFile,
		"--config-envsubst-file=" + configOutFile,
	}
}

// contractEnv is the environment that docs/contract.md defines: what all have in common, then the pairs of one.
func (b *builder) contractEnv(pairs ...[2]string) []corev1.EnvVar {
	common := [][2]string{
		{"PROMETHEUS_VERSION", "v" + b.version.String()},
		{"RELOADER_OUTPUT_DIR", configOutDir},
		{"RELOADER_LOG_LEVEL", b.spec.LogLevel},
		{"RELOADER_RELOAD_METHOD", b.reloadMethod()},
		{"RELOADER_PROMETHEUS_SERVED_CERT_FILE", b.servedCertificate()},
		{"RELOADER_PROMETHEUS_INSECURE_LOOPBACK", b.trustsLoopback()},
	}
	var env []corev1.EnvVar
	for _, pair := range slices.Concat(common, b.reloaderTimes(), pairs) {
		if pair[1] != "" {
			env = append(env, corev1.EnvVar{Name: pair[0], Value: pair[1]})
		}
	}
	return env
}

// reloadMethod is "" for the default, a POST.
func (b *builder) reloadMethod() string {
	if b.signalsPrometheus() {
		return "signal"
	}
	return ""
}

// configManifest says whether a configuration without a manifest may be loaded: only one that is the user's own.
func (b *builder) configManifest() string {
	if b.world.Unmanaged() {
		return "optional"
	}
	return "required"
}

func listenOn(port int) string { return ":" + strconv.Itoa(port) }

// served gives a reloader its port and restarts it when it is wedged. It has no readiness probe: a replica whose reloader waits
// still answers queries, and must not leave its Services for that.
func (b *builder) served(c corev1.Container, portName string, port int32) corev1.Container {
	get := &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromString(portName)}
	if b.servesReports() {
		get.Scheme = corev1.URISchemeHTTPS
	}
	c.Ports = []corev1.ContainerPort{{Name: portName, ContainerPort: port, Protocol: corev1.ProtocolTCP}}
	c.LivenessProbe = probe(corev1.ProbeHandler{HTTPGet: get}, probePeriod, livenessFailures)
	c.LivenessProbe.TerminationGracePeriodSeconds = new(int64(wedgedGrace))
	for _, file := range b.reportFiles() {
		c.Env = append(c.Env, corev1.EnvVar{Name: file[0], Value: file[1]})
	}
	return c
}
