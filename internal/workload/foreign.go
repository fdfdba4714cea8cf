package workload

import (
	"strings"

	"github.com/blang/semver/v4"
	corev1 "k8s.io/api/core/v1"
)

// What follows is for a config-reloader that is not promloop's. An old one ends at an argument that it does not know, so it gets those of
// the reference layout alone; upstream's of today gets what upstream gives it.

// sinceWatchedDir is a version of upstream's config-reloader that surely knows the arguments below. Source: its change log.
var sinceWatchedDir = semver.MustParse("0.64.0")

const foreignCommand = "/bin/prometheus-config-reloader"

// today reports whether the image is upstream's config-reloader of today, as far as its tag tells.
func today(image string) bool {
	image, _, _ = strings.Cut(image, "@")
	name, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	version, err := semver.ParseTolerant(tag)
	return name == "prometheus-config-reloader" && err == nil && version.GTE(sinceWatchedDir)
}

// foreignConfigReloader has c run the image of another project. Without a directory to watch it would look once in three minutes.
func (b *builder) foreignConfigReloader(c corev1.Container) corev1.Container {
	c.Command = []string{foreignCommand}
	if today(c.Image) {
		c.Args = append(c.Args, "--listen-address="+listenOn(configPort), "--watched-dir="+configDir)
		c.Ports = []corev1.ContainerPort{{Name: "reloader-web", ContainerPort: configPort, Protocol: corev1.ProtocolTCP}}
	}
	return c
}

// foreignInitReloaders has Prometheus start on a configuration, and not before there is one.
func (b *builder) foreignInitReloaders(shard int) []corev1.Container {
	if !today(b.options.ConfigReloaderImage) {
		return nil
	}
	c := b.reloader(initConfigReloader, b.options.ConfigReloaderImage, shard)
	c.Command = []string{foreignCommand}
	c.Args = append(b.configReloaderArgs(), "--watch-interval=0") // once, and then it ends
	c.VolumeMounts, c.Resources = configMounts(), b.configResources()
	return []corev1.Container{c}
}
