package contract

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vectors are what both sides of the contract are held to.
type vectors struct {
	Config struct {
		Stored   map[string][]byte
		Manifest json.RawMessage
	}
	Rules struct {
		Files    map[string]string
		Manifest json.RawMessage
	}
	Release json.RawMessage
	Loaded  json.RawMessage
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("../../docs/contract/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestConfigVector(t *testing.T) {
	v := readVectors(t)
	want, err := DecodeManifest(v.Config.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	var parts []Part
	for _, p := range want.Parts {
		parts = append(parts, Part{Key: p.Key, Digest: PartDigest(want.Salt, v.Config.Stored[p.Key])})
	}
	if diff := cmp.Diff(want.Parts, parts); diff != "" {
		t.Errorf("a part is hashed as it is stored, under the salt (-want +got):\n%s", diff)
	}
	if got := ConfigDigest(want.Salt, parts); got != want.Digest {
		t.Errorf("digest of the set: got %s, want %s", got, want.Digest)
	}
}

func TestRulesVector(t *testing.T) {
	v := readVectors(t)
	want, err := DecodeManifest(v.Rules.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	byBucket := map[int]map[string]string{}
	for name, content := range v.Rules.Files {
		n := BucketOf(name)
		if byBucket[n] == nil {
			byBucket[n] = map[string]string{}
		}
		byBucket[n][name] = content
	}
	got := map[string]string{}
	for n, files := range byBucket {
		got[strconv.Itoa(n)] = BucketDigest(files)
	}
	if diff := cmp.Diff(want.Buckets, got); diff != "" {
		t.Errorf("digests of the buckets (-want +got):\n%s", diff)
	}
	if got := RulesDigest(got); got != want.Digest {
		t.Errorf("digest of the set: got %s, want %s", got, want.Digest)
	}
}

// What is encoded must say what the page says, key by key.
func TestShapes(t *testing.T) {
	v := readVectors(t)
	manifest, err := DecodeManifest(v.Config.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	for name, shape := range map[string]struct {
		value any
		want  json.RawMessage
	}{
		"Manifest": {manifest, v.Config.Manifest},
		"Release":  {decode[Release](t, v.Release), v.Release},
		"Loaded":   {decode[Loaded](t, v.Loaded), v.Loaded},
	} {
		data, err := json.Marshal(shape.value)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decode[any](t, shape.want), decode[any](t, data)); diff != "" {
			t.Errorf("%s: keys that were lost or renamed on the way through our type (-want +got):\n%s", name, diff)
		}
	}
}

func TestUnknownVersionIsRefused(t *testing.T) {
	if _, err := DecodeManifest([]byte(`{"version": 2}`)); err == nil {
		t.Error("digests of another version can't be understood, so a manifest of it must not be taken for ours")
	}
}
