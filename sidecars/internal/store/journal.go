package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

const journalFile = ".journal.json"

// Journal notes that from here on it is unknown what Prometheus runs.
func (s *Store) Journal(e transaction.Entry) error {
	return writeJSON(filepath.Join(s.Root, journalFile), e)
}

// Commit removes the journal: what the link names is proved. The generation before stays as the previous one.
func (s *Store) Commit(e transaction.Entry, ran bool) error {
	if m := s.metaOf(e.Domain, s.read(e.Domain, currentLink)); ran && m.ID != "" && !m.Ran {
		m.Ran = true
		if err := writeJSON(s.gen(e.Domain, m.ID)+metaSuffix, m); err != nil {
			return err
		}
	}
	if e.From != "" && s.read(e.Domain, currentLink) == e.To && e.From != e.To {
		if err := s.point(e.Domain, previousLink, e.From); err != nil {
			return err
		}
	}
	err := os.Remove(filepath.Join(s.Root, journalFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(s.Root)
}

// readJournal returns nil when there is none. A journal that cannot be read is an error: guessing would load half a set.
func (s *Store) readJournal() (*transaction.Entry, error) {
	path := filepath.Join(s.Root, journalFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var e transaction.Entry
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if e.Domain != contract.Config && e.Domain != contract.Rules || filepath.Base(e.To) != e.To || e.From != "" && filepath.Base(e.From) != e.From {
		return nil, fmt.Errorf("%s: not a journal of ours", path)
	}
	return &e, nil
}
