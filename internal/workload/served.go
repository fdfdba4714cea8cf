package workload

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/contract"
)

// servedCertificate is the file with the certificate that Prometheus serves, so that the reloaders talk to no other; "" where
// they can't read it.
func (b *builder) servedCertificate() string {
	if !b.servesTLS() {
		return ""
	}
	file, _ := b.sharedFile(b.spec.Web.TLSConfig.CertFile, serverCertFile)
	return file
}

// trustsLoopback lets the reloaders ask a Prometheus whose certificate they can't read.
func (b *builder) trustsLoopback() string {
	if b.servesTLS() && b.servedCertificate() == "" {
		return "true"
	}
	return ""
}

// servesReports reports whether the reloaders serve their reports as Prometheus serves its pages: with TLS, where they can read both
// files. They ask for no client certificate, as neither the operator nor a kubelet has one.
func (b *builder) servesReports() bool {
	if !b.servesTLS() || b.options.ForeignReloaders {
		return false
	}
	key, _ := b.sharedFile(b.spec.Web.TLSConfig.KeyFile, serverKeyFile)
	return key != "" && b.servedCertificate() != ""
}

// reportFiles are the certificate and the key of the reports, as the contract names them.
func (b *builder) reportFiles() [][2]string {
	if !b.servesReports() {
		return nil
	}
	key, _ := b.sharedFile(b.spec.Web.TLSConfig.KeyFile, serverKeyFile)
	return [][2]string{{contract.WebCertFile, b.servedCertificate()}, {"RELOADER_WEB_KEY_FILE", key}}
}

// webMounts let the reloaders see what Prometheus serves TLS with.
func (b *builder) webMounts() []corev1.VolumeMount {
	if !b.servesTLS() {
		return nil
	}
	mounts := []corev1.VolumeMount{{Name: webVolume, MountPath: webDir, ReadOnly: true}}
	if b.options.ForeignReloaders {
		return mounts
	}
	_, certificate := b.sharedFile(b.spec.Web.TLSConfig.CertFile, serverCertFile)
	if certificate != nil {
		mounts = append(mounts, *certificate)
	}
	_, key := b.sharedFile(b.spec.Web.TLSConfig.KeyFile, serverKeyFile)
	lies := func(m corev1.VolumeMount) bool { return m.MountPath == key.MountPath }
	if key != nil && b.servesReports() && !slices.ContainsFunc(mounts, lies) {
		mounts = append(mounts, *key)
	}
	return mounts
}

// sharedFile is a file of the web configuration as the reloaders see it: the one of the web configuration's volume, or the user's
// own and the mount that brings it. It is "" for a file that only Prometheus has.
func (b *builder) sharedFile(own *string, name string) (string, *corev1.VolumeMount) {
	if ptr.Deref(own, "") == "" {
		return webDir + "/" + name, nil
	}
	file := *own
	if !path.IsAbs(file) {
		file = path.Join(webDir, file) // Prometheus looks beside the file that names it
	}
	mount := b.mountOver(path.Clean(file))
	if mount == nil {
		return "", nil
	}
	return path.Clean(file), mount
}

// mountOver is the mount by which the user brings a file into Prometheus' container, for another container. It is nil where the
// file is part of the image; where the mount would cover what the reloaders have there; and where it is of a subPath: a container
// sees that as it was at its own start, and one that starts anew would know another certificate than is served.
func (b *builder) mountOver(file string) *corev1.VolumeMount {
	mounts := slices.Concat(b.referencedMounts(), b.spec.VolumeMounts)
	for _, container := range b.spec.Containers {
		if container.Name == prometheusContainer {
			mounts = append(mounts, container.VolumeMounts...)
		}
	}
	var deepest *corev1.VolumeMount
	for _, mount := range mounts {
		if inTree(mount.MountPath, file) && (deepest == nil || inTree(deepest.MountPath, mount.MountPath)) {
			deepest = &mount
		}
	}
	if deepest == nil || deepest.SubPath != "" || deepest.SubPathExpr != "" || b.coversOwn(deepest.MountPath) {
		return nil
	}
	return &corev1.VolumeMount{Name: deepest.Name, MountPath: deepest.MountPath, ReadOnly: true}
}

// coversOwn reports whether a mount would lie over or in a directory that the reloaders have a volume at.
func (b *builder) coversOwn(dir string) bool {
	return slices.ContainsFunc([]string{configDir, certsDir, configOutDir, webDir, b.rulesPath()}, func(own string) bool {
		return inTree(dir, own) || inTree(own, dir)
	})
}

// inTree reports whether a path is a directory or lies in it.
func inTree(dir, file string) bool {
	return strings.HasPrefix(file+"/", strings.TrimSuffix(path.Clean(dir), "/")+"/")
}
