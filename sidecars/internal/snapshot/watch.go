package snapshot

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// reopenEvery is how often a watcher that has to do without inotify asks for it again.
	reopenEvery = 30 * time.Second
	// emptyFor is how long a kubelet's volume may be empty. One that the kubelet still has mounted is filled again within seconds
	// of a poke; what stays empty is the old half of a mount that the kubelet made anew (kubernetes/kubernetes#113242).
	emptyFor = 20 * time.Second
)

// Watcher says when directories may have changed: at once where inotify works, by polling where it does not (gVisor, Kata,
// an exhausted limit) or where it lost something.
type Watcher struct {
	Dirs []string
	// Filled are those of them that a kubelet fills before it starts a container; any other may be empty until it has been a volume.
	Filled []string
	// Every is the time between two polls; a poll of a kubelet's volume is two system calls.
	Every time.Duration
	Log   *slog.Logger

	events, errs, watched atomic.Int64
	looked                atomic.Pointer[time.Time]
	stamps                map[string]string
}

// Stats counts what the watcher saw, for metrics. Overdue is how long ago it should have looked again, 0 while it need not have.
type Stats struct {
	Events, Errors, Watches int64
	Overdue                 time.Duration
}

// Stats may be called at any time.
func (w *Watcher) Stats() Stats {
	s := Stats{Events: w.events.Load(), Errors: w.errs.Load(), Watches: w.watched.Load()}
	if last := w.looked.Load(); last != nil {
		s.Overdue = max(time.Since(*last)-w.Every, 0)
	}
	return s
}

// Run calls changed for every change that it sees until the context ends. It fails when a directory that was there is deleted
// underneath its mount, or stays empty.
func (w *Watcher) Run(ctx context.Context, changed func()) error {
	poll := time.NewTicker(w.Every)
	defer poll.Stop()
	w.stamps = map[string]string{}
	lives := map[string]*life{}
	for _, dir := range w.Dirs {
		lives[dir] = &life{volume: slices.Contains(w.Filled, dir)}
	}
	notify := w.open()
	defer func() { notify.close() }()
	lastOpen := time.Now()
	for {
		now := time.Now()
		w.looked.Store(&now)
		forced := false
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-notify.events():
			w.events.Add(1)
			forced = ok && e.Op != fsnotify.Chmod
		case err := <-notify.errors():
			// The queue overflowed or a watch broke: whatever happened meanwhile is unknown.
			w.errs.Add(1)
			w.Log.Warn("inotify lost events, looking again", "err", err)
			forced = true
		case <-poll.C:
		}
		if notify == nil && time.Since(lastOpen) >= reopenEvery {
			notify, lastOpen = w.open(), time.Now()
		}
		w.watched.Store(notify.watch(w.Dirs))
		if w.moved(forced) {
			changed()
		}
		for _, dir := range w.Dirs {
			if lives[dir].over(dir, time.Now()) {
				return errDeleted
			}
		}
	}
}

// life is what is remembered of a directory, to tell when only a new mount brings it back.
type life struct {
	alive      bool      // it was there when it was last looked at
	volume     bool      // it is a kubelet's volume, which is never empty
	emptySince time.Time // zero while it is not empty
}

func (l *life) over(dir string, now time.Time) bool {
	deleted := isDeleted(dir)
	if deleted && l.alive {
		return true
	}
	l.alive = !deleted
	_, atomic, err := resolve(dir)
	l.volume = l.volume || err == nil && atomic
	switch {
	case !l.volume || !isEmpty(dir):
		l.emptySince = time.Time{}
	case l.emptySince.IsZero():
		l.emptySince = now
	}
	return !l.emptySince.IsZero() && now.Sub(l.emptySince) >= emptyFor
}

// moved compares all stamps with the last ones. A hand-made directory counts as changed by any event.
func (w *Watcher) moved(forced bool) bool {
	any := false
	for _, dir := range w.Dirs {
		stamp := Stamp(dir)
		_, atomic, _ := resolve(dir)
		any = any || stamp != w.stamps[dir] || forced && !atomic
		w.stamps[dir] = stamp
	}
	return any
}

func (w *Watcher) open() *notifier {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		w.errs.Add(1)
		w.Log.Warn("inotify is not available, polling", "err", err, "every", w.Every)
		return nil
	}
	opened := &notifier{n: n, on: map[string]uint64{}}
	w.watched.Store(opened.watch(w.Dirs))
	return opened
}

// notifier is inotify on a list of directories; nil is one that never says anything.
type notifier struct {
	n  *fsnotify.Watcher
	on map[string]uint64
}

func (n *notifier) events() <-chan fsnotify.Event {
	if n == nil {
		return nil
	}
	return n.n.Events
}

func (n *notifier) errors() <-chan error {
	if n == nil {
		return nil
	}
	return n.n.Errors
}

func (n *notifier) close() {
	if n != nil {
		n.n.Close()
	}
}

// watch makes sure that every directory that exists is watched, also when it was replaced by another of the same name.
func (n *notifier) watch(dirs []string) (watched int64) {
	if n == nil {
		return 0
	}
	for _, dir := range dirs {
		ino := dirInode(dir)
		if ino != 0 && n.on[dir] != ino {
			_ = n.n.Remove(dir)
			if n.n.Add(dir) != nil {
				ino = 0
			}
		}
		n.on[dir] = ino
		if ino != 0 {
			watched++
		}
	}
	return watched
}
