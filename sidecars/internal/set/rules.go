package set

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

const ruleSuffix = ".yaml"

// compareRules says which bucket is not the one that the manifest describes.
func (v *Volume) compareRules(view *snapshot.View, l *look) (string, error) {
	m := l.manifest
	if contract.RulesDigest(m.Salt, m.Buckets) != m.Digest {
		return "the manifest's buckets do not add up to its digest", nil
	}
	have, err := v.bucketDigests(view, m.Salt, l)
	if err != nil {
		return "", err
	}
	wrong := 0
	for bucket, digest := range m.Buckets {
		if have[bucket] != digest {
			wrong++
		}
	}
	for bucket := range have {
		if m.Buckets[bucket] == "" {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Sprintf("%d of %d buckets of rule files differ from the manifest", wrong, len(m.Buckets)), nil
	}
	return "", nil
}

func (v *Volume) digestRules(view *snapshot.View, salt []byte, l *look) (string, error) {
	buckets, err := v.bucketDigests(view, salt, l)
	return contract.RulesDigest(salt, buckets), err
}

func (v *Volume) bucketDigests(view *snapshot.View, salt []byte, l *look) (map[string]string, error) {
	names, err := view.Names()
	if err != nil {
		return nil, err
	}
	var files []contract.File
	l.names = nil
	for _, name := range names {
		if !v.takes(name) {
			continue
		}
		size, err := fileSize(view, name)
		if err != nil {
			return nil, err
		}
		l.names = append(l.names, name)
		files = append(files, contract.File{Name: name, Size: size, Open: func() (io.ReadCloser, error) { return view.OpenFile(name) }})
	}
	digests, err := contract.BucketDigests(salt, files)
	if err != nil { // a file went away or changed its length: whatever was there, it is something else now
		return nil, errors.Join(snapshot.ErrSuperseded, err)
	}
	return digests, nil
}

// takes says whether a file is part of a set of rules.
func (v *Volume) takes(name string) bool {
	if v.AnyFile {
		return name != contract.ManifestFile && name != contract.ReleaseFile
	}
	return strings.HasSuffix(name, ruleSuffix)
}

func fileSize(view *snapshot.View, name string) (int64, error) {
	f, err := openSeen(view, name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// renderRules copies the rule files; those that did not change since the committed set are linked from there, so that they
// take no memory twice.
func (v *Volume) renderRules(view *snapshot.View, dir string) error {
	groups, total := 0, int64(0)
	for _, name := range v.last.names {
		counter := expand.NewCounter("groups")
		n, err := v.renderRule(view, dir, name, counter)
		if err != nil {
			return err
		}
		if total += n; total > v.MaxBytes {
			return &expand.Error{Reason: contract.TooLarge, Err: fmt.Errorf("the rule files are larger than %d bytes", v.MaxBytes)}
		}
		if count := counter.Count(); count == expand.Unknown || groups == expand.Unknown {
			groups = expand.Unknown
		} else {
			groups += count
		}
	}
	if !view.Atomic() && snapshot.Stamp(v.Dir) != v.last.stamp {
		return snapshot.ErrSuperseded // edited by hand between check and use
	}
	return tooFew("rule groups", groups, v.last.manifest.Count)
}

func (v *Volume) renderRule(view *snapshot.View, dir, name string, counter io.Writer) (int64, error) {
	in, err := openSeen(view, name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	target := filepath.Join(dir, name)
	if n, linked := v.linkUnchanged(in, name, target, counter); linked {
		return n, nil
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.TeeReader(io.LimitReader(in, v.MaxBytes+1), counter))
	if err == nil {
		err = out.Sync()
	}
	return n, errors.Join(err, out.Close())
}

// linkUnchanged links the committed file of this name when its bytes are the same.
func (v *Volume) linkUnchanged(in *os.File, name, target string, counter io.Writer) (int64, bool) {
	current := v.Current()
	if current == "" {
		return 0, false
	}
	old, err := os.Open(filepath.Join(current, name))
	if err != nil {
		return 0, false
	}
	defer old.Close()
	a, errA := in.Stat()
	b, errB := old.Stat()
	if errA != nil || errB != nil || a.Size() != b.Size() || !sameBytes(in, old) {
		return 0, false
	}
	if os.Link(old.Name(), target) != nil {
		return 0, false
	}
	if _, err := old.Seek(0, io.SeekStart); err != nil {
		return 0, false
	}
	n, err := io.Copy(counter, old)
	return n, err == nil
}

func sameBytes(a, b io.Reader) bool {
	bufA, bufB := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if n != m || !bytes.Equal(bufA[:n], bufB[:m]) {
			return false
		}
		if errA != nil || errB != nil {
			return true
		}
	}
}
