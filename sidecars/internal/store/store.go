package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

const (
	currentLink  = "current"
	previousLink = "previous"
	genDir       = "gen"
	tempPrefix   = ".tmp-"
	metaSuffix   = ".json"
	dirMode      = 0o750
	fileMode     = 0o640
)

// Store is the output directory as one domain sees it.
type Store struct {
	// Root is the output directory, Domain ours.
	Root   string
	Domain contract.Domain
	// Alias is a path that leads to File of the current generation, as a flag of Prometheus names it. "" is none.
	Alias, File string

	prepared bool
	lock     *os.File // open while held
}

// Prepare makes the directories and removes what a dead predecessor left half done. It does its work once.
func (s *Store) Prepare() error {
	if s.prepared {
		return nil
	}
	if err := os.MkdirAll(s.gen(s.Domain, ""), dirMode); err != nil {
		return fmt.Errorf("output directory: %w", err)
	}
	if err := checkWritable(s.Root); err != nil {
		return fmt.Errorf("output directory %s is not writable: %w", s.Root, err)
	}
	err := errors.Join(s.sweep(), s.alias())
	s.prepared = err == nil
	return err
}

func checkWritable(dir string) error {
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// sweep removes temporary directories of this domain.
func (s *Store) sweep() error {
	left, err := filepath.Glob(filepath.Join(s.gen(s.Domain, ""), tempPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

func (s *Store) gen(d contract.Domain, id string) string {
	return filepath.Join(s.Root, string(d), genDir, id)
}

func (s *Store) link(d contract.Domain, name string) string {
	return filepath.Join(s.Root, string(d), name)
}

// Current is the directory of the generation that the link names, "" when there is none.
func (s *Store) Current() string {
	id := s.read(s.Domain, currentLink)
	if id == "" {
		return ""
	}
	return s.gen(s.Domain, id)
}

// Stage fills a generation: write gets an empty directory, and what it leaves there becomes the generation, whole or not at
// all. A generation that is there already is left as it is.
func (s *Store) Stage(set transaction.Set, write func(dir string) error) error {
	if s.whole(set.ID) {
		return s.Remember(set, s.meta(set.ID).Ran)
	}
	if err := s.sweep(); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(s.gen(s.Domain, ""), tempPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := errors.Join(os.Chmod(tmp, dirMode), write(tmp)); err != nil {
		return err
	}
	if err := errors.Join(syncDir(tmp), s.Remember(set, false)); err != nil {
		return err
	}
	final := s.gen(s.Domain, set.ID)
	if err := errors.Join(os.RemoveAll(final), os.Rename(tmp, final)); err != nil {
		return err
	}
	return syncDir(s.gen(s.Domain, ""))
}

// whole says that the generation is there and was not compressed.
func (s *Store) whole(id string) bool {
	info, err := os.Stat(s.gen(s.Domain, id))
	return err == nil && info.IsDir() && id != s.read(s.Domain, previousLink)
}

// meta is what is known of a generation beside its files.
type meta struct {
	transaction.Set
	// Ran says that a Prometheus was seen to run it.
	Ran bool `json:"ran"`
}

// Remember notes what a generation is called outside, and whether it ran.
func (s *Store) Remember(set transaction.Set, ran bool) error {
	return writeJSON(s.gen(s.Domain, set.ID)+metaSuffix, meta{set, ran})
}

// Disk reads what is committed and what is not. Hold the lock.
func (s *Store) Disk() (transaction.Disk, error) {
	var d transaction.Disk
	journal, err := s.readJournal()
	if err != nil {
		return d, err
	}
	good := s.read(s.Domain, currentLink)
	d.Link = good
	if journal != nil {
		d.Journal, d.Link = journal, s.read(journal.Domain, currentLink)
		if journal.Domain == s.Domain {
			good = journal.From
		}
	}
	m := s.meta(good)
	d.Good, d.Ran = m.Set, m.Ran
	return d, nil
}

// meta is what was remembered of a generation; without that its ID stands for the digest.
func (s *Store) meta(id string) meta { return s.metaOf(s.Domain, id) }

func (s *Store) metaOf(d contract.Domain, id string) meta {
	var m meta
	if id == "" {
		return m
	}
	data, err := os.ReadFile(s.gen(d, id) + metaSuffix)
	if err != nil || json.Unmarshal(data, &m) != nil || m.ID != id {
		return meta{Set: transaction.Set{ID: id, Digest: id}}
	}
	return m
}

// read is the generation that a link names, "" when there is no link or it leads nowhere.
func (s *Store) read(d contract.Domain, name string) string {
	target, err := os.Readlink(s.link(d, name))
	if err != nil || filepath.Dir(target) != genDir {
		return ""
	}
	id := filepath.Base(target)
	if _, err := os.Stat(s.gen(d, id)); err != nil {
		return ""
	}
	return id
}

// Flip points the current link of a domain to one of its generations, in one rename.
func (s *Store) Flip(d contract.Domain, id string) error { return s.point(d, currentLink, id) }

func (s *Store) point(d contract.Domain, name, id string) error {
	dir := s.link(d, "")
	tmp := s.link(d, tempPrefix+name)
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(filepath.Join(genDir, id), tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, s.link(d, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

// alias makes the symlink that the flag of Prometheus names.
func (s *Store) alias() error {
	path := s.Alias
	if path == "" {
		return nil
	}
	target, err := filepath.Rel(filepath.Dir(path), filepath.Join(s.link(s.Domain, currentLink), s.File))
	if err != nil {
		return err
	}
	if have, err := os.Readlink(path); err == nil && have == target {
		return nil
	}
	tmp := filepath.Join(filepath.Dir(path), tempPrefix+filepath.Base(path))
	_ = os.Remove(tmp)
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // not every filesystem can
		err = nil
	}
	return errors.Join(err, d.Close())
}

// writeJSON replaces a small file in one rename.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(path), tempPrefix+filepath.Base(path))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}

// Restore takes back a flip that was not committed and returns the committed set, or none, and whether that ever ran. Only
// for the time before Prometheus starts: whatever the link names then is what it will run.
func (s *Store) Restore() (set transaction.Set, ran bool, err error) {
	d, err := s.Disk()
	if err != nil {
		return transaction.Set{}, false, err
	}
	if j := d.Journal; j != nil && j.Domain == s.Domain {
		if j.From != "" {
			err = s.Flip(s.Domain, j.From)
		}
		err = errors.Join(err, s.Commit(*j, false))
	}
	return d.Good, d.Ran, err
}
