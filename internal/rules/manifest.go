package rules

import (
	"strconv"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// digests keeps the files of each bucket with the bucket's digest, so that one changed file costs the hashing of one bucket.
type digests struct {
	buckets [contract.Buckets]bucket
}

type bucket struct {
	items  map[string]*item // by file
	digest string
	stale  bool
}

// note takes the content that the file of an item will have, "" for no file.
func (d *digests) note(it *item, content string) {
	b := &d.buckets[it.bucket]
	if b.items == nil {
		b.items = map[string]*item{}
	}
	b.items[it.file] = it
	if content == "" {
		delete(b.items, it.file)
	}
	b.stale = b.stale || it.digested != content
	it.digested = content
}

// byBucket returns the digests of the buckets that are not empty, by number.
func (d *digests) byBucket() map[string]string {
	out := map[string]string{}
	for i := range d.buckets {
		b := &d.buckets[i]
		if b.stale {
			b.digest, b.stale = contract.BucketDigest(b.files()), false
		}
		if b.digest != "" {
			out[strconv.Itoa(i)] = b.digest
		}
	}
	return out
}

func (b *bucket) files() map[string]string {
	files := make(map[string]string, len(b.items))
	for file, it := range b.items {
		files[file] = it.digested
	}
	return files
}

// manifest describes the set of rule files as the successor of the one that stands.
func manifest(w *world.World, target Target, buckets map[string]string, groups int) contract.Manifest {
	next := contract.Manifest{
		Version: contract.ManifestVersion, Domain: contract.Rules, Digest: contract.RulesDigest(buckets), Buckets: buckets,
		PrometheusVersion: "v" + target.Version.String(), Count: groups, Release: contract.ReleaseAll,
	}
	return next.After(w.Owned.PublishedRules(), w.Now)
}
