package nodelet

import "sync"

// mailbox holds what others want a worker to do. Putting something in never blocks, so a worker may write to itself.
type mailbox struct {
	mu    sync.Mutex
	items []func()
	full  chan struct{} // holds a token while there may be items
}

func newMailbox() *mailbox { return &mailbox{full: make(chan struct{}, 1)} }

func (m *mailbox) put(f func()) {
	m.mu.Lock()
	m.items = append(m.items, f)
	m.mu.Unlock()
	select {
	case m.full <- struct{}{}:
	default:
	}
}

// take returns everything in the box.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}
