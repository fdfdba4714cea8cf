package set_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/set"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

// publish writes files into a directory the way a kubelet does and returns it.
func publish(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	version := filepath.Join(dir, ".."+strconv.Itoa(len(dir)+os.Getpid())+filepath.Base(t.TempDir()))
	must(t, os.MkdirAll(version, 0o755))
	for name, data := range files {
		must(t, os.WriteFile(filepath.Join(version, name), data, 0o644))
	}
	tmp := filepath.Join(dir, "..data_tmp")
	must(t, os.Symlink(filepath.Base(version), tmp))
	must(t, os.Rename(tmp, filepath.Join(dir, "..data")))
	for name := range files {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); !errors.Is(err, fs.ErrExist) {
			must(t, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func zip(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

func volume(dir string) *set.Volume {
	return &set.Volume{
		Domain: contract.Config, Dir: dir, Key: "prometheus.yaml.gz", CertsDir: dir, MaxBytes: 1 << 20,
		Vars: expand.Vars{Names: []string{"POD_NAME"}, Values: map[string]string{"POD_NAME": "pod-0"}}, Current: func() string { return "" },
	}
}

func manifest(t *testing.T, change func(*contract.Manifest), parts map[string][]byte, order ...string) map[string][]byte {
	m := contract.Manifest{Version: 1, Domain: contract.Config, Generation: 7, Salt: []byte("salt"), Count: 1}
	files := map[string][]byte{}
	for _, key := range order {
		digest, err := contract.PartDigest(m.Salt, bytes.NewReader(parts[key]))
		must(t, err)
		m.Parts = append(m.Parts, contract.Part{Key: key, Digest: digest})
		files[key] = parts[key]
	}
	m.Digest = contract.ConfigDigest(m.Salt, m.Parts)
	if change != nil {
		change(&m)
	}
	data, err := json.Marshal(m)
	must(t, err)
	files[contract.ManifestFile] = data
	return files
}

const (
	head = "global:\n  external_labels: {pod: $(POD_NAME)}\n"
	jobs = "scrape_configs:\n- job_name: a\n"
)

func TestPartsBecomeOneExpandedText(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	publish(t, dir, manifest(t, nil, map[string][]byte{"b.gz": zip(head), "a.gz": []byte(jobs)}, "b.gz", "a.gz"))
	v := volume(dir)
	o, err := v.Observe()
	must(t, err)
	if !o.Complete || o.Generation != 7 || o.ID == "" {
		t.Fatalf("not complete: %+v", o)
	}
	must(t, v.Render(out))
	text, err := os.ReadFile(filepath.Join(out, set.ConfigFile))
	must(t, err)
	if want := strings.Replace(head, "$(POD_NAME)", "pod-0", 1) + jobs; string(text) != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

func TestWhatIsIncompleteSaysWhy(t *testing.T) {
	parts := map[string][]byte{"a.gz": zip(head + jobs), "b.gz": zip("# more\n")}
	cases := map[string]struct {
		reason string
		files  func(t *testing.T) map[string][]byte
		want   contract.Reason
		says   string
	}{
		"PartMissing": {"a kubelet may show the manifest first", func(t *testing.T) map[string][]byte {
			files := manifest(t, nil, parts, "a.gz", "b.gz")
			delete(files, "b.gz")
			return files
		}, contract.Incomplete, "b.gz is missing"},
		"PartOfAnotherGeneration": {"parts come by separate watches", func(t *testing.T) map[string][]byte {
			files := manifest(t, nil, parts, "a.gz", "b.gz")
			files["b.gz"] = zip("# older\n")
			return files
		}, contract.Incomplete, "generation 7: part b.gz"},
		"DigestOfAnotherSet": {"a manifest has to agree with itself", func(t *testing.T) map[string][]byte {
			return manifest(t, func(m *contract.Manifest) { m.Digest = strings.Repeat("00", 32) }, parts, "a.gz")
		}, contract.Incomplete, "do not add up"},
		"AssetMissing": {"Prometheus would refuse the whole file", func(t *testing.T) map[string][]byte {
			return manifest(t, func(m *contract.Manifest) { m.Assets = []string{"0_ns_secret_key"} }, parts, "a.gz")
		}, contract.AssetsMissing, "0_ns_secret_key"},
		"AssetEmpty": {"a kubelet may empty a volume", func(t *testing.T) map[string][]byte {
			files := manifest(t, func(m *contract.Manifest) { m.Assets = []string{"0_ns_secret_key"} }, parts, "a.gz")
			files["0_ns_secret_key"] = nil
			return files
		}, contract.AssetsMissing, "empty"},
		"NoManifestYet": {"nothing is there", func(*testing.T) map[string][]byte { return map[string][]byte{"x": nil} }, contract.Incomplete, "prometheus.yaml.gz"},
		"NotJson":       {"damage of the manifest itself", func(*testing.T) map[string][]byte { return map[string][]byte{contract.ManifestFile: []byte("{")} }, contract.Incomplete, "manifest.json"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			publish(t, dir, tc.files(t))
			o, err := volume(dir).Observe()
			must(t, err)
			if o.Complete || o.Problem.Reason != tc.want || !strings.Contains(o.Problem.Text, tc.says) {
				t.Errorf("%s: got %v %+v, want %s and %q", tc.reason, o.Complete, o.Problem, tc.want, tc.says)
			}
		})
	}
}

func TestWhatIsRefusedBeforeAnyReload(t *testing.T) {
	cases := map[string]struct {
		reason, text string
		count        int
		want         contract.Reason
	}{
		"Empty":      {"Prometheus answers 200 to an empty file and drops everything", " \n", 0, contract.Empty},
		"TooFew":     {"the manifest knows better", head + jobs, 2, contract.TooFew},
		"TooLarge":   {"memory is ours", head + jobs + strings.Repeat("#", 2<<20), 1, contract.TooLarge},
		"EnvMissing": {"the literal would be loaded", head + "# $(NOBODY)\n" + jobs, 1, contract.EnvMissing},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			publish(t, dir, manifest(t, func(m *contract.Manifest) { m.Count = tc.count }, map[string][]byte{"a.gz": zip(tc.text)}, "a.gz"))
			v := volume(dir)
			_, err := v.Observe()
			must(t, err)
			refusal, ok := errors.AsType[*expand.Error](v.Render(t.TempDir()))
			if !ok || refusal.Reason != tc.want {
				t.Errorf("%s: got %v, want %s", tc.reason, refusal, tc.want)
			}
		})
	}
}

func TestRenderSaysWhenItsSetIsGone(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, map[string][]byte{"prometheus.yaml.gz": zip(jobs)})
	v := volume(dir)
	_, err := v.Observe()
	must(t, err)
	publish(t, dir, map[string][]byte{"prometheus.yaml.gz": zip(jobs + "# newer\n")})
	if err := v.Render(t.TempDir()); !errors.Is(err, snapshot.ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded", err)
	}
}

func TestHandMadeFileThatChangesUnderTheReader(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "prometheus.yaml.gz")
	must(t, os.WriteFile(path, []byte(jobs), 0o644))
	v := volume(dir)
	_, err := v.Observe()
	must(t, err)
	must(t, os.WriteFile(path, []byte(jobs+"# edited\n"), 0o644))
	if err := v.Render(t.TempDir()); !errors.Is(err, snapshot.ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded: what was digested is not what was read", err)
	}
}

func TestHandMadeFileThatChangesWithinOneTickOfTheClock(t *testing.T) {
	dir := t.TempDir()
	path, then := filepath.Join(dir, "prometheus.yaml.gz"), time.Unix(1_700_000_000, 0)
	v := volume(dir)
	digest := ""
	for _, job := range []string{"a", "b"} {
		must(t, os.WriteFile(path, []byte("scrape_configs:\n- job_name: "+job+"\n"), 0o644))
		must(t, os.Chtimes(path, then, then))
		o, err := v.Observe()
		must(t, err)
		if o.Digest == digest {
			t.Error("its size and its time are those of before, its bytes are not")
		}
		digest = o.Digest
	}
}

func TestWithoutAManifestUnknownTextStays(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	publish(t, dir, map[string][]byte{"prometheus.yaml.gz": []byte(head + "# $(OTHER)\n" + jobs)})
	v := volume(dir)
	_, err := v.Observe()
	must(t, err)
	must(t, v.Render(out))
	if text := read(t, filepath.Join(out, set.ConfigFile)); !strings.Contains(text, "pod: pod-0") || !strings.Contains(text, "# $(OTHER)\n") {
		t.Errorf("got %q", text)
	}
}

func TestWhatElseMakesAnotherSet(t *testing.T) {
	dir, watched := t.TempDir(), t.TempDir()
	publish(t, dir, map[string][]byte{"prometheus.yaml.gz": []byte(head + jobs)})
	v := volume(dir)
	v.Watched = []string{watched}
	id := ""
	for _, change := range []struct {
		what string
		do   func()
	}{
		{"nothing", func() {}},
		{"the value of a variable", func() { v.Vars.Values["POD_NAME"] = "pod-1" }},
		{"a variable that is gone", func() { delete(v.Vars.Values, "POD_NAME") }},
		{"a file in a directory that is watched", func() { must(t, os.WriteFile(filepath.Join(watched, "x"), nil, 0o644)) }},
	} {
		change.do()
		o, err := v.Observe()
		must(t, err)
		if o.ID == id {
			t.Errorf("%s makes no other set", change.what)
		}
		id = o.ID
	}
}

func TestReleaseComesWithTheVolume(t *testing.T) {
	dir := t.TempDir()
	files := manifest(t, func(m *contract.Manifest) { m.Release = "staged" }, map[string][]byte{"a.gz": zip(jobs)}, "a.gz")
	v := volume(dir)
	v.ReleaseFile = filepath.Join(dir, contract.ReleaseFile)
	publish(t, dir, files)
	o, err := v.Observe()
	must(t, err)
	if !o.Staged || o.Released {
		t.Fatalf("released by nothing: %+v", o)
	}
	files[contract.ReleaseFile] = []byte(`{"config": "` + o.Digest + `", "refused": ["` + o.Digest + `"]}`)
	publish(t, dir, files)
	if o, err = v.Observe(); err != nil || !o.Released || !o.RefusedElsewhere {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestUnchangedRuleFilesAreLinked(t *testing.T) {
	dir, current, out := t.TempDir(), t.TempDir(), t.TempDir()
	same, changed := []byte("groups:\n- name: same\n"), []byte("groups:\n- name: diff\n") // of one length
	must(t, os.WriteFile(filepath.Join(current, "same.yaml"), same, 0o640))
	must(t, os.WriteFile(filepath.Join(current, "changed.yaml"), same, 0o640))
	publish(t, dir, map[string][]byte{"same.yaml": same, "changed.yaml": changed, "ignored.txt": []byte("x")})
	v := volume(dir)
	v.Domain, v.Key, v.Current = contract.Rules, "", func() string { return current }
	_, err := v.Observe()
	must(t, err)
	must(t, v.Render(out))
	entries, err := os.ReadDir(out)
	must(t, err)
	if len(entries) != 2 {
		t.Fatalf("%d files, want the two rule files", len(entries))
	}
	if !sameFile(t, filepath.Join(current, "same.yaml"), filepath.Join(out, "same.yaml")) {
		t.Error("an unchanged file takes memory twice")
	}
	if got := read(t, filepath.Join(out, "changed.yaml")); got != string(changed) {
		t.Errorf("got %q", got)
	}
	if got := read(t, filepath.Join(current, "changed.yaml")); got != string(same) {
		t.Errorf("the committed file was written to: %q", got)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	x, err := os.Stat(a)
	must(t, err)
	y, err := os.Stat(b)
	must(t, err)
	return os.SameFile(x, y)
}

func read(t *testing.T, path string) string {
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	data, err := io.ReadAll(f)
	must(t, err)
	return string(data)
}
