package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const lockFile = ".lock"

// holder is written into the lock file by who holds it, for the others to tell.
type holder struct {
	Domain string    `json:"domain"`
	Since  time.Time `json:"since"`
}

// TryLock takes the lock that both domains share. The kernel gives it back when the process dies. When somebody else has it
// the answer is false and a text that names the holder.
func (s *Store) TryLock() (bool, string, error) {
	if err := s.Prepare(); err != nil {
		return false, "", err
	}
	f, err := os.OpenFile(filepath.Join(s.Root, lockFile), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return false, "", err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, tellHolder(f), f.Close()
	}
	if err != nil {
		return false, "", errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	}
	s.lock = f
	return true, "", s.sign()
}

func (s *Store) sign() error {
	data, err := json.Marshal(holder{string(s.Domain), time.Now()})
	if err != nil {
		return err
	}
	if err := s.lock.Truncate(0); err != nil {
		return err
	}
	_, err = s.lock.WriteAt(data, 0)
	return err
}

func tellHolder(f *os.File) string {
	var h holder
	if json.NewDecoder(f).Decode(&h) != nil {
		return "another reloader"
	}
	return fmt.Sprintf("the %s reloader since %s", h.Domain, h.Since.UTC().Format(time.RFC3339))
}

// Unlock gives the lock back.
func (s *Store) Unlock() error {
	if s.lock == nil {
		return nil
	}
	f := s.lock
	s.lock = nil
	return f.Close()
}
