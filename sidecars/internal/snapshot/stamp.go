package snapshot

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Stamp tells versions of a directory apart without reading its files: where ..data leads, or the names, sizes and times
// of a hand-made directory. A missing directory has a stamp too. Two equal stamps of a hand-made directory do not prove
// equal content, because a file can change twice within one tick of the clock.
func Stamp(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return "missing"
	}
	target, atomic, err := resolve(dir)
	if err != nil {
		return err.Error()
	}
	if atomic {
		return fmt.Sprintf("%s in %d", target, inode(info))
	}
	return fmt.Sprintf("%d entries %x", inode(info), entriesHash(dir))
}

// isDeleted says that the directory itself was removed while it is still mounted here.
func isDeleted(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && links(info) == 0
}

// isEmpty reports a directory that can be read and has nothing in it.
func isEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// FileStamp tells versions of one file apart; "" when there is none.
func FileStamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %d %d", inode(info), info.Size(), info.ModTime().UnixNano())
}

func entriesHash(dir string) uint64 {
	h := fnv.New64a()
	entries, err := os.ReadDir(dir)
	if err != nil {
		fmt.Fprint(h, err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "..") {
			continue
		}
		fmt.Fprintln(h, e.Name(), FileStamp(filepath.Join(dir, e.Name())))
	}
	return h.Sum64()
}

func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

var errTooLong = errors.New("longer than allowed")

func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%w: more than %d bytes", errTooLong, limit)
	}
	return data, err
}

func dirInode(dir string) uint64 {
	info, err := os.Stat(dir)
	if err != nil {
		return 0
	}
	return inode(info)
}
