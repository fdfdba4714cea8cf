package store

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Collect removes generations of our domain that nobody needs. Those in keep stay as they are, the previous one stays
// compressed: it is memory of this pod.
func (s *Store) Collect(keep []string) error {
	entries, err := os.ReadDir(s.gen(s.Domain, ""))
	previous := s.read(s.Domain, previousLink)
	keep = append(slices.Clone(keep), s.read(s.Domain, currentLink))
	for _, e := range entries {
		id := strings.TrimSuffix(e.Name(), metaSuffix)
		switch {
		case slices.Contains(keep, id):
		case id != previous:
			err = errors.Join(err, os.RemoveAll(s.gen(s.Domain, e.Name())))
		case e.IsDir():
			err = errors.Join(err, compressDir(s.gen(s.Domain, id)))
		}
	}
	return err
}

func compressDir(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasSuffix(e.Name(), ".gz") && !strings.HasSuffix(e.Name(), tempPrefix) {
			err = errors.Join(err, compress(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// compress replaces a file by its gzip, in one rename. The file itself is never written to: it may be a hard link.
func compress(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	tmp := path + ".gz" + tempPrefix
	out, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err == nil {
		_, err = io.Copy(z, in)
		err = errors.Join(err, z.Close())
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(tmp, path+".gz"), os.Remove(path))
}
