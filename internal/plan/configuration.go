package plan

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// configurationObjects are the Secrets that carry one configuration: first what it needs, then itself, then its manifest.
type configurationObjects struct {
	manifest       contract.Manifest
	assets         []workload.Object
	homeless       []string          // assets that no Secret has room for
	parts          []workload.Object // none when there is nothing to write
	manifestSecret *corev1.Secret
	kept           []workload.Object // to stay as they are
}

func configuration(w *world.World, pl Plan) configurationObjects {
	if pl.Unmanaged {
		return unmanagedConfiguration(w)
	}
	if len(pl.Config.Stored) == 0 {
		return publishedConfiguration(w)
	}
	var out configurationObjects
	for _, part := range pl.Config.Parts {
		out.parts = append(out.parts, configPart(w, part, pl.Config.Settings))
	}
	out.manifest = configManifest(w, pl.Config)
	out.assets, out.homeless = assetShards(w, neededAssets(w, pl.Config, out.manifest))
	out.manifestSecret = secret(w, world.ConfigManifestName(w.Prometheus.Name))
	out.manifestSecret.Data = map[string][]byte{contract.ManifestKey: encode(out.manifest)}
	return out
}

// configPart is the Secret of one part. The first says under which settings all jobs were judged.
func configPart(w *world.World, part promconfig.Part, settings string) *corev1.Secret {
	s := secret(w, world.ConfigPartName(w.Prometheus.Name, part.Index))
	s.Data = map[string][]byte{world.ConfigPartKey(part.Index): part.Stored}
	s.Annotations = withEntry(s.Annotations, world.UnpackedAnnotation, strconv.Itoa(part.Text))
	if part.Index == 0 {
		s.Annotations = withEntry(s.Annotations, promconfig.SettingsAnnotation, settings)
	} else {
		s.Annotations = withEntry(s.Annotations, promconfig.FirstJobAnnotation, part.First)
	}
	return s
}

// unmanagedConfiguration makes an empty Secret once, so that the pod can start, and never touches it again.
func unmanagedConfiguration(w *world.World) configurationObjects {
	if w.Owned.ConfigSecret != nil {
		return configurationObjects{}
	}
	s := secret(w, world.WorkloadName(w.Prometheus.Name))
	s.Annotations = withEntry(s.Annotations, "empty", "true")
	s.Data = map[string][]byte{world.ConfigPartKey(0): {}}
	return configurationObjects{parts: []workload.Object{s}}
}

// publishedConfiguration keeps everything as it is, because nothing can be rendered: the status says why.
func publishedConfiguration(w *world.World) configurationObjects {
	out := configurationObjects{manifest: w.Owned.PublishedConfig()}
	for _, s := range append([]*corev1.Secret{w.Owned.ConfigSecret, w.Owned.ConfigManifest}, w.Owned.Secrets...) {
		if s != nil {
			out.kept = append(out.kept, s)
		}
	}
	return out
}

func configManifest(w *world.World, config promconfig.Result) contract.Manifest {
	last := w.Owned.PublishedConfig()
	salt := last.Salt
	if len(salt) == 0 {
		salt = w.Salt
	}
	var parts []contract.Part
	for _, part := range config.Parts {
		parts = append(parts, contract.Part{Key: world.ConfigPartKey(part.Index), Digest: contract.PartDigest(salt, part.Stored)})
	}
	next := contract.Manifest{
		Version: contract.ManifestVersion, Domain: contract.Config, Digest: contract.ConfigDigest(salt, parts), Salt: salt,
		Parts: parts, Assets: assetNames(config.Assets), PrometheusVersion: promconfig.Version(w.Prometheus),
		Count: config.Jobs, Release: delivery.Policy(len(config.Stored)),
	}
	return next.After(last, w.Now)
}

// encode can't fail: a manifest has only strings, numbers and bytes.
func encode(m contract.Manifest) []byte {
	data, err := m.Encode()
	if err != nil {
		panic(err)
	}
	return data
}
