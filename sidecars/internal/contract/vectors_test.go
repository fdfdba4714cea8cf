package contract

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
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
	data, err := os.ReadFile("../../../docs/contract/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestConfigVector(t *testing.T) {
	v := readVectors(t)
	want, err := ParseManifest(v.Config.Manifest, Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range want.Parts {
		got, err := PartDigest(want.Salt, bytes.NewReader(v.Config.Stored[p.Key]))
		if err != nil || got != p.Digest {
			t.Errorf("%s is hashed as it is stored, under the salt: got %s, %v, want %s", p.Key, got, err, p.Digest)
		}
	}
	if got := ConfigDigest(want.Salt, want.Parts); got != want.Digest {
		t.Errorf("digest of the set: got %s, want %s", got, want.Digest)
	}
}

func TestRulesVector(t *testing.T) {
	v := readVectors(t)
	want, err := ParseManifest(v.Rules.Manifest, Rules)
	if err != nil {
		t.Fatal(err)
	}
	var files []File
	for name, content := range v.Rules.Files {
		files = append(files, File{Name: name, Size: int64(len(content)), Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(content)), nil
		}})
	}
	got, err := BucketDigests(want.Salt, files)
	if err != nil || !reflect.DeepEqual(got, want.Buckets) {
		t.Errorf("digests of the buckets: got %v, %v, want %v", got, err, want.Buckets)
	}
	if got := RulesDigest(want.Salt, got); got != want.Digest {
		t.Errorf("digest of the set: got %s, want %s", got, want.Digest)
	}
}

func TestReleaseVector(t *testing.T) {
	v := readVectors(t)
	r, err := ParseRelease(v.Release)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "release", v.Release, r)
}

func TestLoadedVector(t *testing.T) {
	v := readVectors(t)
	var l Loaded
	if err := json.Unmarshal(v.Loaded, &l); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "report", v.Loaded, l)
}

// sameJSON fails when a key was lost or renamed on the way through our type.
func sameJSON(t *testing.T, name string, want json.RawMessage, value any) {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(want, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s: got %s, want %s", name, data, want)
	}
}
