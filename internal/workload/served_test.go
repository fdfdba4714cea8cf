package workload

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// TestTheReloadersKnowTheServedCertificate has the ways by which a certificate comes to Prometheus. The mounts are those that the
// rules-reloader has beyond a Prometheus without TLS.
func TestTheReloadersKnowTheServedCertificate(t *testing.T) {
	web := corev1.VolumeMount{Name: "web-config", MountPath: "/etc/prometheus/web_config", ReadOnly: true}
	files := func(file string) *v1.WebTLSConfig { return &v1.WebTLSConfig{CertFile: &file, KeyFile: new("/own/key")} }
	mounted := func(mounts ...corev1.VolumeMount) func(*v1.PrometheusSpec) {
		return func(s *v1.PrometheusSpec) { s.VolumeMounts = mounts }
	}
	none := func(*v1.PrometheusSpec) {}
	cases := map[string]struct {
		reason string
		tls    *v1.WebTLSConfig
		change func(*v1.PrometheusSpec)
		pinned string // the file; "" for a certificate that nobody but Prometheus can read
		mounts []corev1.VolumeMount
	}{
		"Reference": {
			reason: "it lies beside the web configuration",
			tls:    &v1.WebTLSConfig{Cert: v1.SecretOrConfigMap{Secret: secretKey("s", "crt")}, KeySecret: *secretKey("s", "key")},
			change: none, pinned: "/etc/prometheus/web_config/tls.crt", mounts: []corev1.VolumeMount{web},
		},
		"Secret": {
			reason: "spec.secrets mounts it",
			tls:    files("/etc/prometheus/secrets/serving/tls.crt"),
			change: func(s *v1.PrometheusSpec) { s.Secrets = []string{"other", "serving"} },
			pinned: "/etc/prometheus/secrets/serving/tls.crt",
			mounts: []corev1.VolumeMount{web, {Name: "secret-serving", MountPath: "/etc/prometheus/secrets/serving", ReadOnly: true}},
		},
		"ConfigMap": {
			reason: "a certificate is no secret",
			tls:    files("/etc/prometheus/configmaps/serving/tls.crt"),
			change: func(s *v1.PrometheusSpec) { s.ConfigMaps = []string{"serving"} },
			pinned: "/etc/prometheus/configmaps/serving/tls.crt",
			mounts: []corev1.VolumeMount{web, {Name: "configmap-serving", MountPath: "/etc/prometheus/configmaps/serving", ReadOnly: true}},
		},
		"Relative": {
			reason: "Prometheus looks from where the web configuration lies",
			tls:    files("../secrets/serving/tls.crt"),
			change: func(s *v1.PrometheusSpec) { s.Secrets = []string{"serving"} },
			pinned: "/etc/prometheus/secrets/serving/tls.crt",
			mounts: []corev1.VolumeMount{web, {Name: "secret-serving", MountPath: "/etc/prometheus/secrets/serving", ReadOnly: true}},
		},
		"Volume": {
			reason: "the deepest mount is the one that the file lies in, and the reloaders write nothing there",
			tls:    files("/certs/web/tls.crt"),
			change: mounted(corev1.VolumeMount{Name: "csi", MountPath: "/certs/web/"}, corev1.VolumeMount{Name: "all", MountPath: "/certs"}),
			pinned: "/certs/web/tls.crt",
			mounts: []corev1.VolumeMount{web, {Name: "csi", MountPath: "/certs/web/", ReadOnly: true}},
		},
		"Container": {
			reason: "a mount may be merged into the container",
			tls:    files("/certs/tls.crt"),
			change: func(s *v1.PrometheusSpec) {
				s.Containers = []corev1.Container{{Name: "prometheus", VolumeMounts: []corev1.VolumeMount{{Name: "csi", MountPath: "/certs"}}}}
			},
			pinned: "/certs/tls.crt",
			mounts: []corev1.VolumeMount{web, {Name: "csi", MountPath: "/certs", ReadOnly: true}},
		},
		"Image": {
			reason: "a name that begins alike is another directory",
			tls:    files("/certs-of-image/tls.crt"), change: mounted(corev1.VolumeMount{Name: "csi", MountPath: "/certs"}),
			mounts: []corev1.VolumeMount{web},
		},
		"SubPath": {
			reason: "each container sees it as it was at its own start",
			tls:    files("/certs/tls.crt"), change: mounted(corev1.VolumeMount{Name: "csi", MountPath: "/certs/tls.crt", SubPath: "tls.crt"}),
			mounts: []corev1.VolumeMount{web},
		},
		"Covering": {
			reason: "the reloader would no longer see its configuration",
			tls:    files("/etc/prometheus/tls.crt"), change: mounted(corev1.VolumeMount{Name: "csi", MountPath: "/etc/prometheus"}),
			mounts: []corev1.VolumeMount{web},
		},
		"Inside": {
			reason: "a directory can't be made in a volume that is read-only",
			tls:    files("/etc/prometheus/config/certs/tls.crt"), change: mounted(corev1.VolumeMount{Name: "csi", MountPath: "/etc/prometheus/config/certs"}),
			mounts: []corev1.VolumeMount{web},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(spec(webTLSOf(*tc.tls)), spec(tc.change))
			plain := newWorld(spec(tc.change))
			for _, container := range []string{configReloader, RulesReloader} {
				c := containerOf(t, w, container)
				loopback := map[bool]string{true: "true"}[tc.pinned == ""]
				got := [2]string{variable(c, "RELOADER_PROMETHEUS_SERVED_CERT_FILE"), variable(c, "RELOADER_PROMETHEUS_INSECURE_LOOPBACK")}
				if diff := cmp.Diff([2]string{tc.pinned, loopback}, got); diff != "" {
					t.Errorf("%s: what %s knows Prometheus by (-want +got):\n%s", tc.reason, container, diff)
				}
				own := len(containerOf(t, plain, container).VolumeMounts)
				if diff := cmp.Diff(tc.mounts, c.VolumeMounts[own:]); diff != "" {
					t.Errorf("%s: mounts of %s (-want +got):\n%s", tc.reason, container, diff)
				}
			}
		})
	}
}

// containerOf is a container of the pods of shard 0.
func containerOf(t *testing.T, w *world.World, name string) corev1.Container {
	t.Helper()
	objects := For(w)
	if len(objects.StatefulSets) == 0 {
		t.Fatalf("nothing was made: %v", objects.Verdicts)
	}
	containers := objects.StatefulSets[0].Spec.Template.Spec.Containers
	at := slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == name })
	if at < 0 {
		t.Fatalf("there is no container %s", name)
	}
	return containers[at]
}

// variable is the value of an environment variable, "" where it is not set.
func variable(c corev1.Container, name string) string {
	for _, env := range c.Env {
		if env.Name == name {
			return env.Value
		}
	}
	return ""
}

// TestTheReportsAreServedAsPrometheusIs has what becomes of the port reloader-web and of rules-web.
func TestTheReportsAreServedAsPrometheusIs(t *testing.T) {
	const secrets = "/etc/prometheus/secrets/"
	references := v1.WebTLSConfig{Cert: v1.SecretOrConfigMap{Secret: secretKey("s", "crt")}, KeySecret: *secretKey("s", "key")}
	mutual := references
	mutual.ClientCA.Secret, mutual.ClientAuthType = secretKey("s", "ca"), new(v1.RequireAndVerifyClientCert)
	none := func(*world.World) {}
	cases := map[string]struct {
		reason    string
		tls       *v1.WebTLSConfig
		change    func(*world.World)
		cert, key string
	}{
		"Plain":      {reason: "there is no certificate", change: none},
		"References": {"both lie in the volume of the web configuration", &references, none, webDir + "/tls.crt", webDir + "/tls.key"},
		"Mutual":     {"neither a kubelet nor the operator has a client certificate", &mutual, none, webDir + "/tls.crt", webDir + "/tls.key"},
		"Files": {"both are mounted", &v1.WebTLSConfig{CertFile: new(secrets + "c/tls.crt"), KeyFile: new(secrets + "k/tls.key")},
			spec(func(s *v1.PrometheusSpec) { s.Secrets = []string{"c", "k"} }), secrets + "c/tls.crt", secrets + "k/tls.key"},
		"Mixed": {"only the key is a file", &v1.WebTLSConfig{Cert: references.Cert, KeyFile: new(secrets + "k/tls.key")},
			spec(func(s *v1.PrometheusSpec) { s.Secrets = []string{"k"} }), webDir + "/tls.crt", secrets + "k/tls.key"},
		"KeyOfImage": {reason: "a certificate alone serves nothing", tls: &v1.WebTLSConfig{CertFile: new(secrets + "c/tls.crt"), KeyFile: new("/k")},
			change: spec(func(s *v1.PrometheusSpec) { s.Secrets = []string{"c"} })},
		"CertificateOfImage": {reason: "a key alone serves nothing", tls: &v1.WebTLSConfig{CertFile: new("/c"), KeyFile: new(secrets + "k/tls.key")},
			change: spec(func(s *v1.PrometheusSpec) { s.Secrets = []string{"k"} })},
		"Foreign": {reason: "such reloaders do not know the contract", tls: &references, change: func(w *world.World) { w.Options.ForeignReloaders = true }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(tc.change, func(w *world.World) {
				if tc.tls != nil {
					webTLSOf(*tc.tls)(&w.Prometheus.Spec)
				}
			})
			for _, container := range []string{configReloader, RulesReloader} {
				c := containerOf(t, w, container)
				got := []string{variable(c, "RELOADER_WEB_CERT_FILE"), variable(c, "RELOADER_WEB_KEY_FILE"), variable(c, "RELOADER_WEB_CLIENT_CA_FILE")}
				if diff := cmp.Diff([]string{tc.cert, tc.key, ""}, got); diff != "" {
					t.Errorf("%s: certificate, key and client CA of %s (-want +got):\n%s", tc.reason, container, diff)
				}
				for _, file := range got {
					if file != "" && !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return inTree(m.MountPath, file) }) {
						t.Errorf("%s: %s does not see %s", tc.reason, container, file)
					}
				}
				if c.LivenessProbe != nil && (c.LivenessProbe.HTTPGet.Scheme == corev1.URISchemeHTTPS) != (tc.cert != "") {
					t.Errorf("%s: the kubelet probes %s by %q", tc.reason, container, c.LivenessProbe.HTTPGet.Scheme)
				}
			}
		})
	}
}
