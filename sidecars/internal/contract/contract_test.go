package contract_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// The digests below were computed from docs/contract.md, by another program, not with this package.
func TestDigestsAreThoseOfThePage(t *testing.T) {
	salt := []byte("salt")
	part, err := contract.PartDigest(salt, strings.NewReader("hello\n"))
	if err != nil {
		t.Fatal(err)
	}
	parts := []contract.Part{{Key: "prometheus.yaml.gz", Digest: part}}
	buckets, err := contract.BucketDigests(nil, []contract.File{file("b.yaml", "two"), file("a.yaml", "one")})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{part, contract.ConfigDigest(salt, parts), contract.RulesDigest(nil, buckets), contract.RulesDigest(nil, nil)}
	want := golden(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("whoever changes a digest changes the contract (-want +got):\n%s", diff)
	}
}

func golden(t *testing.T) []string {
	data, err := os.ReadFile("testdata/digests.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(data))
}

func file(name, text string) contract.File {
	return contract.File{Name: name, Size: int64(len(text)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}
}

func TestBucketsDoNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,8}\.yaml`), 0, 40, rapid.ID[string]).Draw(t, "names")
		var files []contract.File
		for _, n := range names {
			files = append(files, file(n, n))
		}
		one, err := contract.BucketDigests(nil, files)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(files)
		two, err := contract.BucketDigests(nil, files)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(one, two); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAFileThatGrowsWhileItIsHashed(t *testing.T) {
	f := file("a.yaml", "text")
	f.Size--
	if digests, err := contract.BucketDigests(nil, []contract.File{f}); err == nil || !strings.Contains(err.Error(), "a.yaml") {
		t.Errorf("got %v, %v; want an error that names the file", digests, err)
	}
}

func TestManifestsThatCannotBeTrusted(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	good := contract.Manifest{Version: 1, Domain: contract.Config, Digest: digest, Parts: []contract.Part{{Key: "p", Digest: digest}}}
	cases := map[string]struct {
		reason string
		change func(*contract.Manifest)
		says   string
	}{
		"Good":      {"nothing is wrong with it", func(*contract.Manifest) {}, ""},
		"Domain":    {"the volumes of two domains were swapped", func(m *contract.Manifest) { m.Domain = contract.Rules }, "domain"},
		"Digest":    {"a digest has 32 bytes", func(m *contract.Manifest) { m.Digest = "ab" }, "digest"},
		"Path":      {"a key must not lead out of its volume", func(m *contract.Manifest) { m.Parts = []contract.Part{{Key: "../x", Digest: digest}} }, "../x"},
		"Hidden":    {"names with a dot in front are the volume's own", func(m *contract.Manifest) { m.Parts = []contract.Part{{Key: ".x", Digest: digest}} }, ".x"},
		"BadBucket": {"there are 64 buckets", func(m *contract.Manifest) { m.Buckets = map[string]string{"64": digest} }, "64"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := good
			tc.change(&m)
			data, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			_, err = contract.ParseManifest(data, contract.Config)
			if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: got %v, want an error that says %q", tc.reason, err, tc.says)
			}
		})
	}
}

func TestManifestOfAnotherFormatIsNoError(t *testing.T) {
	m, err := contract.ParseManifest([]byte(`{"version": 2, "digest": "x", "parts": "not a list any more"}`), contract.Config)
	if err != nil || m.Known() || m.Digest != "x" {
		t.Errorf("got %+v, %v; it has to be held, not refused", m, err)
	}
}

func TestReleaseOfNothing(t *testing.T) {
	for _, text := range []string{"", " \n", "{}"} {
		r, err := contract.ParseRelease([]byte(text))
		if err != nil || r.Digest(contract.Config) != "" || len(r.Refused) > 0 {
			t.Errorf("%q: got %+v, %v", text, r, err)
		}
	}
}

func FuzzManifest(f *testing.F) {
	digest := strings.Repeat("ab", 32)
	f.Add([]byte(`{"version":1,"domain":"config","digest":"` + digest + `","parts":[{"key":"a.gz","digest":"` + digest + `"}],"buckets":{"63":"` + digest + `"}}`))
	f.Add([]byte(`{"version":2,"parts":"a list no more"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := contract.ParseManifest(data, contract.Config)
		if err != nil || !m.Known() {
			return
		}
		for bucket := range m.Buckets {
			if n, err := strconv.Atoi(bucket); err != nil || n < 0 || n >= contract.Buckets {
				t.Fatalf("there is no bucket %q", bucket)
			}
		}
		for _, p := range m.Parts {
			if strings.Contains(p.Key, "/") || bytes.HasPrefix([]byte(p.Key), []byte(".")) {
				t.Fatalf("the key %q leads out of the volume", p.Key)
			}
		}
	})
}

func FuzzRelease(f *testing.F) {
	f.Add([]byte(`{"config":"a","rules":"b","refused":["c"],"attempt":3}`))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := contract.ParseRelease(data); err != nil && (r.Config != "" || r.Rules != "" || r.Refused != nil) {
			t.Fatalf("what cannot be read releases something: %+v", r)
		}
	})
}
