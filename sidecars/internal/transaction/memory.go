package transaction

import "github.com/promloop/promloop/sidecars/internal/contract"

// Memory is the store of a reloader that writes nothing: Prometheus reads the volume itself, and what it runs at the start
// is unknown. It shares its lock with nobody.
type Memory struct {
	link    string
	sets    map[string]Set
	journal *Entry
}

// Stage remembers the set; its files are used where they are.
func (m *Memory) Stage(set Set, _ func(string) error) error { return m.Remember(set, false) }

// Remember keeps what a set is called.
func (m *Memory) Remember(set Set, _ bool) error {
	if m.sets == nil {
		m.sets = map[string]Set{}
	}
	m.sets[set.ID] = set
	return nil
}

// TryLock always succeeds.
func (m *Memory) TryLock() (bool, string, error) { return true, "", nil }

// Unlock has nothing to give back.
func (m *Memory) Unlock() error { return nil }

// Disk is what happened since the start.
func (m *Memory) Disk() (Disk, error) {
	d := Disk{Ran: true, Link: m.link, Journal: m.journal, Good: m.sets[m.link]}
	if m.journal != nil {
		d.Good = m.sets[m.journal.From]
	}
	return d, nil
}

// Journal keeps the entry.
func (m *Memory) Journal(e Entry) error { m.journal = &e; return nil }

// Flip changes what Prometheus is taken to read.
func (m *Memory) Flip(_ contract.Domain, id string) error { m.link = id; return nil }

// Commit drops the entry.
func (m *Memory) Commit(Entry, bool) error { m.journal = nil; return nil }

// Collect forgets all sets but these.
func (m *Memory) Collect(keep []string) error {
	left := map[string]Set{}
	for _, id := range keep {
		if set, ok := m.sets[id]; ok {
			left[id] = set
		}
	}
	m.sets = left
	return nil
}
