package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// dataLink is the name that AtomicWriter moves, see Kubernetes' pkg/volume/util/atomic_writer.go.
const dataLink = "..data"

var (
	// ErrSuperseded says that the directory changed under the view: look again at once.
	ErrSuperseded = errors.New("superseded by a newer version of the volume")
	// errDeleted says that the mounted directory itself was removed. Only a new mount brings it back.
	errDeleted = errors.New("the mounted directory was deleted underneath; a restart mounts it anew")
)

// View is one look at a directory: all its files are of the same moment if a kubelet wrote it. Close it after use.
type View struct {
	root   *os.Root
	dir    string
	atomic bool
}

// Open looks at the directory. It returns fs.ErrNotExist when there is none or it was removed underneath, and ErrSuperseded when
// it was swapped meanwhile.
func Open(dir string) (*View, error) {
	if isDeleted(dir) {
		return nil, fs.ErrNotExist
	}
	target, atomic, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(target)
	if errors.Is(err, fs.ErrNotExist) && atomic {
		return nil, ErrSuperseded
	}
	if err != nil {
		return nil, err
	}
	return &View{root: root, dir: target, atomic: atomic}, nil
}

// Close ends the view.
func (v *View) Close() error { return v.root.Close() }

// Atomic says that a kubelet, or somebody with its manners, writes the directory.
func (v *View) Atomic() bool { return v.atomic }

// OpenFile opens a file of the view. In a directory that a kubelet writes, fs.ErrNotExist means that the file is not part
// of this version; ErrSuperseded that the whole version is gone.
func (v *View) OpenFile(name string) (*os.File, error) {
	f, err := v.root.Open(name)
	if err != nil && v.gone() {
		return nil, ErrSuperseded
	}
	if err != nil && !v.atomic && !errors.Is(err, fs.ErrNotExist) {
		// A hand-made directory may hold links that lead out of it.
		return os.Open(filepath.Join(v.dir, name))
	}
	return f, err
}

// ReadFile reads a small file of the view, at most limit bytes.
func (v *View) ReadFile(name string, limit int64) ([]byte, error) {
	f, err := v.OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit)
}

// Names lists the visible files, sorted; names that begin with a dot are the volume's own.
func (v *View) Names() ([]string, error) {
	entries, err := fs.ReadDir(v.root.FS(), ".")
	if err != nil || v.gone() {
		return nil, errors.Join(ErrSuperseded, err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// gone says that the version this view looks at was removed.
func (v *View) gone() bool {
	info, err := v.root.Stat(".")
	return err != nil || links(info) == 0
}

// resolve follows ..data once. A directory without one is taken as it is.
func resolve(dir string) (target string, atomic bool, err error) {
	link, err := os.Readlink(filepath.Join(dir, dataLink))
	switch {
	case err == nil && filepath.IsAbs(link):
		return link, true, nil
	case err == nil:
		return filepath.Join(dir, link), true, nil
	case errors.Is(err, fs.ErrNotExist):
		return dir, false, nil
	}
	return "", false, fmt.Errorf("resolve %s: %w", filepath.Join(dir, dataLink), err)
}

func links(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Nlink)
	}
	return 1
}
