package promconfig

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/world"
)

// SettingsAnnotation on the configuration Secret says under which settings of the Prometheus its jobs were judged.
const SettingsAnnotation = "promloop.dev/settings"

// withdrawn are the reasons for which a job does not stay as it was published: it would name what is gone, what the Prometheus
// forbids, or what its version does not know.
var withdrawn = []string{MissingReference, FileAccess, UnknownScrapeClass, UnsupportedVersion, DuplicateJob}

// keeps reports whether a part with these faults stays as it was published. A mistake in an edit loses nothing that worked, as
// long as the settings are those under which it worked: a job that was good may be refused under others.
func (run *run) keeps(faults []Fault) bool {
	return !slices.ContainsFunc(faults, func(f Fault) bool {
		return f.Reason != UnknownReference && (slices.Contains(withdrawn, f.Reason) || !run.sameSettings())
	})
}

func (run *run) sameSettings() bool {
	s := run.world.Owned.ConfigSecret
	return s != nil && s.Annotations[SettingsAnnotation] == run.settings.mark()
}

// mark is the value of SettingsAnnotation.
func (s *settings) mark() string { return hex.EncodeToString(s.digest[:8]) }

// keepAssets keeps the TLS files that jobs name which stay as they were published.
func (run *run) keepAssets(jobs []jobText) {
	for _, job := range jobs {
		for _, name := range assetsIn(job.text) {
			if value := publishedAsset(run.world, name); value != nil && run.result.Assets[name].Reveal() == nil {
				run.result.Assets[name] = world.NewValue(value)
			}
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
