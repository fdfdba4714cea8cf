package set_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/set"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

// rules is a volume of rules with the committed files in current.
func rules(dir, current string) *set.Volume {
	v := volume(dir)
	v.Domain, v.Key, v.Current = contract.Rules, "", func() string { return current }
	return v
}

// ruleManifest adds the manifest of these rule files to them.
func ruleManifest(t *testing.T, groups int, change func(*contract.Manifest), files map[string][]byte) map[string][]byte {
	t.Helper()
	var list []contract.File
	all := map[string][]byte{}
	for name, data := range files {
		all[name] = data
		list = append(list, contract.File{Name: name, Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	}
	m := contract.Manifest{Version: 1, Domain: contract.Rules, Generation: 7, Salt: []byte("salt"), Count: groups}
	var err error
	m.Buckets, err = contract.BucketDigests(m.Salt, list)
	must(t, err)
	m.Digest = contract.RulesDigest(m.Salt, m.Buckets)
	if change != nil {
		change(&m)
	}
	data, err := json.Marshal(m)
	must(t, err)
	all[contract.ManifestFile] = data
	return all
}

func TestRulesThatAreNotTheManifestsAreIncomplete(t *testing.T) {
	files := map[string][]byte{"a.yaml": []byte("groups:\n- name: a\n")}
	cases := map[string]struct {
		reason string
		change func(*contract.Manifest)
		more   map[string][]byte
		says   string
	}{
		"Whole":     {"nothing is wrong", nil, nil, ""},
		"Another":   {"a file of the set before lies beside it", nil, map[string][]byte{"old.yaml": []byte("groups: []\n")}, "1 of 1 buckets"},
		"Other":     {"one file is of another generation", nil, map[string][]byte{"a.yaml": []byte("groups: []\n")}, "1 of 1 buckets"},
		"Dishonest": {"a manifest has to agree with itself", func(m *contract.Manifest) { m.Digest = strings.Repeat("00", 32) }, nil, "do not add up"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shown := ruleManifest(t, 1, tc.change, files)
			for file, data := range tc.more {
				shown[file] = data
			}
			publish(t, dir, shown)
			o, err := rules(dir, "").Observe()
			must(t, err)
			if o.Complete != (tc.says == "") || !strings.Contains(o.Problem.Text, tc.says) {
				t.Errorf("%s: %+v", tc.reason, o)
			}
		})
	}
}

func TestLinkedFilesCountLikeWrittenOnes(t *testing.T) {
	one := []byte("groups:\n- name: one\n")
	cases := map[string]struct {
		reason    string
		committed []byte
		groups    int
		large     bool
		want      contract.Reason
	}{
		"Written":   {"its group is counted", []byte("x"), 1, false, ""},
		"Linked":    {"its group is counted, too", one, 1, false, ""},
		"TooFew":    {"the manifest knows better", one, 2, false, contract.TooFew},
		"TooLarge":  {"together they are more than fits, though each is not", []byte("x"), 1, true, contract.TooLarge},
		"LargeLink": {"what is linked counts as well", one, 1, true, contract.TooLarge},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir, current, out := t.TempDir(), t.TempDir(), t.TempDir()
			must(t, os.WriteFile(filepath.Join(current, "a.yaml"), tc.committed, 0o640))
			files := map[string][]byte{"a.yaml": one}
			v := rules(dir, current)
			if tc.large {
				files["b.yaml"] = []byte("#" + strings.Repeat("x", 90))
				v.MaxBytes = 100
			}
			publish(t, dir, ruleManifest(t, tc.groups, nil, files))
			_, err := v.Observe()
			must(t, err)
			refusal, refused := errors.AsType[*expand.Error](v.Render(out))
			if refused != (tc.want != "") || refused && refusal.Reason != tc.want {
				t.Errorf("%s: got %v, want %q", tc.reason, refusal, tc.want)
			}
		})
	}
}

func TestAHugeRuleFileIsNotWrittenOut(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	publish(t, dir, map[string][]byte{"a.yaml": make([]byte, 10_000)})
	v := rules(dir, "")
	v.MaxBytes = 100
	_, err := v.Observe()
	must(t, err)
	if refusal, refused := errors.AsType[*expand.Error](v.Render(out)); !refused || refusal.Reason != contract.TooLarge {
		t.Errorf("got %v", refusal)
	}
	if n := len(read(t, filepath.Join(out, "a.yaml"))); n > 101 {
		t.Errorf("%d bytes were written for a limit of 100", n)
	}
}

func TestRulesThatChangeUnderTheReader(t *testing.T) {
	old, young := map[string][]byte{"a.yaml": []byte("groups: []\n")}, map[string][]byte{"a.yaml": []byte("groups: []\n# newer\n")}
	for name, write := range map[string]func(*testing.T, string, map[string][]byte){
		"Volume": publish,
		"HandMade": func(t *testing.T, dir string, files map[string][]byte) {
			must(t, os.WriteFile(filepath.Join(dir, "a.yaml"), files["a.yaml"], 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, old)
			v := rules(dir, "")
			_, err := v.Observe()
			must(t, err)
			write(t, dir, young)
			if err := v.Render(t.TempDir()); !errors.Is(err, snapshot.ErrSuperseded) {
				t.Errorf("got %v, want ErrSuperseded: what was digested is not what was read", err)
			}
		})
	}
}
