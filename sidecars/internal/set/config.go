package set

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

// ConfigFile is the configuration's file in its generation.
const ConfigFile = "prometheus.yaml"

const fileMode = 0o640

// compareParts says which part is missing or not the one that the manifest describes. Nothing is decoded.
func compareParts(view *snapshot.View, l *look) (string, error) {
	m := l.manifest
	if contract.ConfigDigest(m.Salt, m.Parts) != m.Digest {
		return "the manifest's parts do not add up to its digest", nil
	}
	l.parts = m.Parts
	for _, p := range m.Parts {
		digest, err := digestPart(view, m.Salt, p.Key)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Sprintf("part %s is missing", p.Key), nil
		case err != nil:
			return "", err
		case digest != p.Digest:
			return fmt.Sprintf("part %s is not the one in the manifest", p.Key), nil
		}
	}
	return "", nil
}

// digestPlain takes the one file that the flag names as the set.
func (v *Volume) digestPlain(view *snapshot.View, l *look) (digest, problem string, err error) {
	part, err := digestPart(view, nil, v.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Sprintf("no %s in %s yet", v.Key, v.Dir), nil
	}
	l.parts = []contract.Part{{Key: v.Key, Digest: part}}
	return contract.ConfigDigest(nil, l.parts), "", err
}

func digestPart(view *snapshot.View, salt []byte, key string) (string, error) {
	f, err := view.OpenFile(key)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return contract.PartDigest(salt, f)
}

// Render writes the files of the set that was seen last into an empty directory. It returns snapshot.ErrSuperseded when that
// set is gone, and an expand.Error when its content is refused.
func (v *Volume) Render(dir string) error {
	view, err := snapshot.Open(v.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return snapshot.ErrSuperseded
	}
	if err != nil {
		return err
	}
	defer view.Close()
	if view.Atomic() && snapshot.Stamp(v.Dir) != v.last.stamp {
		return snapshot.ErrSuperseded
	}
	if v.Domain == contract.Rules {
		return v.renderRules(view, dir)
	}
	return v.renderConfig(view, dir)
}

func (v *Volume) renderConfig(view *snapshot.View, dir string) error {
	out, err := os.OpenFile(filepath.Join(dir, ConfigFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	err = v.join(out, view)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// join writes all parts, unpacked and expanded, as one text.
func (v *Volume) join(out io.Writer, view *snapshot.View) error {
	var text []io.Reader
	var parts []*part
	for _, p := range v.last.parts {
		f, err := openSeen(view, p.Key)
		if err != nil {
			return err
		}
		defer f.Close()
		opened := &part{Part: p, file: f, hash: contract.PartHash(v.last.manifest.Salt)}
		parts, text = append(parts, opened), append(text, opened)
	}
	jobs := expand.NewCounter("scrape_configs")
	seen := &blank{}
	buffered := bufio.NewWriterSize(io.MultiWriter(out, jobs, seen), 32<<10)
	vars := v.Vars
	vars.Strict = v.last.obs.HasManifest
	err := vars.Copy(buffered, expand.Limit(io.MultiReader(text...), v.MaxBytes))
	if err = errors.Join(err, buffered.Flush()); err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.unchanged(); err != nil {
			return err
		}
	}
	return v.enough(seen, jobs.Count())
}

// enough refuses a configuration that Prometheus would take without a word and lose everything by.
func (v *Volume) enough(seen *blank, jobs int) error {
	if !seen.text {
		return &expand.Error{Reason: contract.Empty, Err: errors.New("the configuration is empty")}
	}
	return tooFew("scrape jobs", jobs, v.last.manifest.Count)
}

func tooFew(what string, have, want int) error {
	if have == expand.Unknown || have >= want {
		return nil
	}
	return &expand.Error{Reason: contract.TooFew, Err: fmt.Errorf("%d %s, the manifest says %d", have, what, want)}
}

// part reads one part and hashes what is read once more: a hand-made directory may change between check and use.
type part struct {
	contract.Part
	file *os.File
	hash hash.Hash
	text io.Reader
}

func (p *part) Read(b []byte) (int, error) {
	if p.text == nil {
		text, err := expand.Gunzip(p.Key, io.TeeReader(p.file, p.hash))
		if err != nil {
			return 0, err
		}
		p.text = text
	}
	return p.text.Read(b)
}

func (p *part) unchanged() error {
	if _, err := io.Copy(p.hash, p.file); err != nil {
		return err
	}
	if contract.Sum(p.hash) != p.Digest {
		return snapshot.ErrSuperseded
	}
	return nil
}

// blank tells whether anything but white space was written to it.
type blank struct{ text bool }

func (b *blank) Write(p []byte) (int, error) {
	b.text = b.text || len(bytes.TrimSpace(p)) > 0
	return len(p), nil
}
