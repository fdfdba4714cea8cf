package promconfig

import (
	"bytes"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/world"
)

// SettingsAnnotation on the configuration Secret says under which settings of the Prometheus its jobs were judged.
const SettingsAnnotation = "promloop.dev/settings"

// keeps reports whether a part with these faults stays as it was published. A mistake in an edit loses nothing that worked, as
// long as the settings are those under which it worked: a job that was good may be refused under others. What it refers to may not
// be gone: who deletes a Secret ends its use.
func (run *run) keeps(faults []Fault) bool {
	return !slices.ContainsFunc(faults, func(f Fault) bool {
		return f.Reason != UnknownReference && (f.Reason == MissingReference || !run.sameSettings())
	})
}

func (run *run) sameSettings() bool {
	s := run.world.Owned.ConfigSecret
	return s != nil && s.Annotations[SettingsAnnotation] == run.settings.mark()
}

// keepAssets keeps the TLS files of jobs that stay as they were published.
func (run *run) keepAssets(jobs []jobText) {
	for i := range jobs {
		run.keepAssetsIn(jobs[i].text)
	}
}

// keepAssetsIn keeps the TLS files that a text names which stays as it was published: as they are now, or, where that can't be read,
// as they were published too.
func (run *run) keepAssetsIn(text []byte) {
	for _, name := range assetsIn(text) {
		value, err := run.world.Values.Get(assetReference(name))
		if err != nil {
			value = world.NewValue(publishedAsset(run.world, name))
		}
		if value.Reveal() != nil {
			run.result.Assets[name] = value
		}
	}
}

// assetsIn lists the files below the directory of TLS assets that a text names.
func assetsIn(text []byte) []string {
	var out []string
	for _, rest := range bytes.Split(text, []byte(assetsDir+"/"))[1:] {
		end := bytes.IndexAny(rest, "\"'\n")
		if end < 0 {
			end = len(rest)
		}
		out = append(out, string(rest[:end]))
	}
	return out
}

func publishedAsset(w *world.World, name string) []byte {
	prefix := strings.TrimSuffix(world.AssetShardName(w.Prometheus.Name, 0), "0")
	i := slices.IndexFunc(w.Owned.Secrets, func(s *corev1.Secret) bool {
		return strings.HasPrefix(s.Name, prefix) && s.Data[name] != nil
	})
	if i < 0 {
		return nil
	}
	return w.Owned.Secrets[i].Data[name]
}
