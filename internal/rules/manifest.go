package rules

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// digests keeps the files of each bucket with the bucket's digest, so that one changed file costs the hashing of one bucket.
type digests struct {
	buckets [contract.Buckets]bucket
}

type bucket struct {
	files  map[string]string
	digest string
	stale  bool
}

// set notes the content of a file, "" for none.
func (d *digests) set(at int, file, content string) {
	b := &d.buckets[at]
	if b.files == nil {
		b.files = map[string]string{}
	}
	b.files[file] = content
	if content == "" {
		delete(b.files, file)
	}
	b.stale = true
}

// byBucket returns the digests of the buckets that are not empty, by number.
func (d *digests) byBucket() map[string]string {
	out := map[string]string{}
	for i := range d.buckets {
		b := &d.buckets[i]
		if b.stale {
			b.digest, b.stale = contract.BucketDigest(b.files), false
		}
		if b.digest != "" {
			out[strconv.Itoa(i)] = b.digest
		}
	}
	return out
}

// manifest describes the set of rule files as the successor of the one that stands.
func manifest(w *world.World, target Target, buckets map[string]string, groups int) contract.Manifest {
	next := contract.Manifest{
		Version: contract.ManifestVersion, Domain: contract.Rules, Digest: contract.RulesDigest(buckets), Buckets: buckets,
		PrometheusVersion: "v" + target.Version.String(), Count: groups, Release: contract.ReleaseAll,
	}
	return next.After(lastManifest(w.Owned.RulesManifest), w.Now)
}

func lastManifest(cm *corev1.ConfigMap) contract.Manifest {
	if cm == nil {
		return contract.Manifest{}
	}
	last, err := contract.DecodeManifest([]byte(cm.Data[contract.ManifestKey]))
	if err != nil {
		return contract.Manifest{} // unreadable: written anew
	}
	return last
}
