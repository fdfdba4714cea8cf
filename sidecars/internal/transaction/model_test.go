package transaction_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// kind is how Prometheus takes to a set.
type kind int

const (
	good   kind = iota
	bad         // 500, and half of it applied
	deadly      // the process dies of it, at a reload as well as at a start
)

// world is a pod in miniature: a volume per domain, the shared directory, one Prometheus and two reloaders that may be killed
// at any moment. It carries out actions the way the real parts do.
type world struct {
	now       time.Duration
	kinds     map[string]kind // by ID
	volume    map[contract.Domain]transaction.Set
	link      map[contract.Domain]string
	previous  map[contract.Domain]string
	rendered  map[string]bool
	ran       map[string]bool
	tried     map[string]bool          // sets that a link led to
	served    map[contract.Domain]bool // a set was reported as loaded, and noted
	names     map[string]int64         // generation by ID, as remembered on the disk
	journal   *transaction.Entry
	locked    contract.Domain
	reloaders map[contract.Domain]*process
	prom      prometheus
	serial    int
	broken    []string // promises that were broken, in words
}

type process struct {
	state  transaction.State
	action transaction.Action
	wakeAt time.Duration
}

type prometheus struct {
	up, ready, hung bool
	costly          bool // to ask for its last load takes long
	birth           int
	running         map[contract.Domain]string // "?" where half of a refused set was applied
	lastOK          bool
	lastReload      time.Duration
	queued          int // POSTs whose clients gave up
	touched         int // grows whenever readiness changes
}

var domains = []contract.Domain{contract.Config, contract.Rules}

func newWorld() *world {
	w := &world{
		kinds: map[string]kind{}, volume: map[contract.Domain]transaction.Set{}, link: map[contract.Domain]string{},
		previous: map[contract.Domain]string{}, rendered: map[string]bool{}, ran: map[string]bool{}, tried: map[string]bool{}, served: map[contract.Domain]bool{}, names: map[string]int64{}, reloaders: map[contract.Domain]*process{},
	}
	for _, d := range domains {
		w.publish(d, good)
		w.boot(d)
	}
	return w
}

// stage does what an init container does: the newest sets are in place, one of them with a way back to a set that another replica
// proved where unproved names its domain.
func (w *world) stage(unproved contract.Domain, k kind) {
	for _, d := range domains {
		id := w.volume[d].ID
		w.link[d], w.rendered[id], w.tried[id], w.names[id] = id, true, true, w.volume[d].Generation
		if d == unproved {
			w.kinds[id] = k
			kept := string(d) + "-kept"
			w.kinds[kept], w.rendered[kept], w.ran[kept] = good, true, true
			w.journal = &transaction.Entry{Domain: d, From: kept, To: id, Fresh: true}
		}
		w.boot(d)
	}
}

// publish puts a new set into the volume and wakes its reloader.
func (w *world) publish(d contract.Domain, k kind) {
	w.serial++
	id := fmt.Sprintf("%s-%d", d, w.serial)
	w.kinds[id] = k
	w.volume[d] = transaction.Set{ID: id, Digest: id, Generation: int64(w.serial)}
	if w.reloaders[d] != nil {
		w.deliver(d, transaction.Poke{})
	}
}

// republish puts a set into the volume that was there before, as a new generation.
func (w *world) republish(d contract.Domain, which int) {
	var ids []string
	for id := range w.kinds {
		if strings.HasPrefix(id, string(d)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	w.serial++
	id := ids[which%len(ids)]
	w.volume[d] = transaction.Set{ID: id, Digest: id, Generation: int64(w.serial)}
	w.deliver(d, transaction.Poke{})
}

// boot starts a reloader that knows nothing. If it was killed, the kernel gives its lock back.
func (w *world) boot(d contract.Domain) {
	if w.locked == d {
		w.locked = ""
	}
	w.reloaders[d] = &process{state: transaction.State{Stale: true, Options: transaction.Options{
		Domain: d, ReloadTimeout: time.Minute, ReleaseBound: 10 * time.Minute, RetryMin: 30 * time.Second, RetryMax: 5 * time.Minute,
	}}}
	w.deliver(d, transaction.Tick{})
}

func (w *world) deliver(d contract.Domain, e transaction.Event) {
	p := w.reloaders[d]
	state, action := transaction.Next(p.state, w.now, e)
	p.state = state
	if action == nil {
		return
	}
	p.action = action
	if wait, ok := action.(transaction.Wait); ok {
		p.wakeAt = w.now + wait.For
	}
	w.check(d)
}

// busy says that a reloader has an action in flight other than to wait.
func (w *world) busy(d contract.Domain) bool {
	_, waiting := w.reloaders[d].action.(transaction.Wait)
	return !waiting
}

// step carries out the action in flight. killed loses the answer: the effect stays.
func (w *world) step(d contract.Domain, killed bool) {
	p := w.reloaders[d]
	if !w.busy(d) {
		w.now = max(w.now, p.wakeAt)
	}
	w.now += time.Millisecond
	e := w.do(d, p)
	if killed {
		w.boot(d)
		return
	}
	w.deliver(d, e)
}

func (w *world) do(d contract.Domain, p *process) transaction.Event {
	switch a := p.action.(type) {
	case transaction.Observe:
		return transaction.Observed{Observation: transaction.Observation{Set: w.volume[d], Complete: true, HasManifest: true, ManifestVersion: 1, Released: true}}
	case transaction.Render:
		w.collect(d, a.Keep)
		if a.Set != w.volume[d] {
			return transaction.Superseded{}
		}
		w.rendered[a.ID], w.names[a.ID] = true, a.Generation
		return transaction.Rendered{}
	case transaction.Remember:
		w.ran[a.ID], w.names[a.ID] = a.Ran, a.Generation
		return transaction.Remembered{}
	case transaction.Probe:
		return transaction.Probed{Prom: w.probe(a.Full)}
	case transaction.Confirm:
		return transaction.Confirmed{Prom: w.probe(true)}
	case transaction.Post:
		return w.post(d)
	}
	return w.doDisk(d, p)
}

func (w *world) doDisk(d contract.Domain, p *process) transaction.Event {
	switch a := p.action.(type) {
	case transaction.Lock:
		if w.locked != "" {
			return transaction.Busy{Holder: string(w.locked)}
		}
		w.locked = d
		return transaction.Locked{Disk: w.disk(d)}
	case transaction.Journal:
		w.holds(d, "journal")
		w.journal = &a.Entry
		return transaction.Journaled{}
	case transaction.Flip:
		w.holds(d, "flip")
		if !w.rendered[a.ID] {
			w.fail("%s flips to %q, which is not on the disk", d, a.ID)
		}
		w.link[a.Domain], w.tried[a.ID] = a.ID, true
		return transaction.Flipped{}
	case transaction.Commit:
		w.holds(d, "commit")
		w.ran[w.link[w.journal.Domain]] = w.ran[w.link[w.journal.Domain]] || a.Ran
		w.journal = nil
		return transaction.Committed{}
	case transaction.Unlock:
		w.collect(d, a.Keep)
		w.locked = ""
		return transaction.Unlocked{}
	}
	return transaction.Tick{}
}

func (w *world) collect(d contract.Domain, keep []string) {
	kept := map[string]bool{w.link[d]: true}
	for _, id := range keep {
		kept[id] = true
	}
	for id := range w.rendered {
		if !kept[id] && id[0] == d[0] {
			delete(w.rendered, id)
		}
	}
}

// crowd is how many sets of the domain are on the disk: at most what runs, both sides of a journal, and the next one.
func (w *world) crowd(d contract.Domain) (n int) {
	for id := range w.rendered {
		if id[0] == d[0] {
			n++
		}
	}
	return n
}

func (w *world) disk(d contract.Domain) transaction.Disk {
	disk := transaction.Disk{Link: w.link[d]}
	goodID := w.link[d]
	if w.journal != nil {
		entry := *w.journal
		disk.Journal, disk.Link = &entry, w.link[entry.Domain]
		if entry.Domain == d {
			goodID = entry.From
		}
	}
	disk.Ran = w.ran[goodID]
	if goodID != "" {
		disk.Good = transaction.Set{ID: goodID, Digest: goodID, Generation: w.names[goodID]}
	}
	return disk
}

func (w *world) probe(full bool) transaction.Prom {
	p := w.prom
	switch {
	case !p.up:
		return transaction.Prom{Phase: transaction.Down, Problem: transaction.Problem{Reason: contract.PrometheusNotReady}}
	case p.hung || !p.ready:
		return transaction.Prom{Phase: transaction.NotReady, Problem: transaction.Problem{Reason: contract.PrometheusNotReady}}
	}
	prom := transaction.Prom{Phase: transaction.Ready, Start: time.Unix(int64(p.birth), 0), Full: full}
	if full {
		prom.ReloadOK, prom.LastReload = p.lastOK, time.Unix(0, int64(p.lastReload))
		if p.costly {
			prom.Took = time.Second
		}
	}
	return prom
}

// post is one POST /-/reload.
func (w *world) post(d contract.Domain) transaction.Event {
	w.holds(d, "POST")
	if known := w.reloaders[d].state.Prom; known.Phase != transaction.Ready {
		w.fail("%s posts to a Prometheus that it does not know to be ready", d)
	}
	switch {
	case !w.prom.up:
		return transaction.Posted{Outcome: transaction.NoAnswer, Problem: transaction.Problem{Reason: contract.Unreachable}}
	case w.prom.hung || !w.prom.ready: // it was restarted since it was asked
		w.prom.queued++
		w.now += time.Minute
		return transaction.Posted{Outcome: transaction.TimedOut, Problem: transaction.Problem{Reason: contract.ReloadTimeout}}
	}
	w.drain()
	w.reload()
	switch {
	case !w.prom.up:
		return transaction.Posted{Outcome: transaction.NoAnswer, Problem: transaction.Problem{Reason: contract.Unreachable}}
	case w.prom.lastOK:
		return transaction.Posted{Outcome: transaction.Accepted}
	}
	return transaction.Posted{Outcome: transaction.Refused, Problem: transaction.Problem{Reason: contract.PrometheusRefused, Text: "bad"}}
}

// drain carries out the POSTs that were given up.
func (w *world) drain() {
	for w.prom.up && w.prom.queued > 0 {
		w.prom.queued--
		w.reload()
	}
}

// reload loads what the links name, as far as that is good: what changed and cannot be loaded is half applied.
func (w *world) reload() {
	worst := w.worst()
	if worst == deadly {
		w.kill()
		return
	}
	w.prom.lastOK = worst == good
	if worst == good {
		w.prom.lastReload = w.now
	}
	for _, d := range domains {
		if w.prom.running[d] == w.link[d] {
			continue
		}
		w.prom.running[d] = w.link[d]
		if worst != good {
			w.prom.running[d] = "?"
		}
	}
}

func (w *world) worst() kind {
	worst := good
	for _, d := range domains {
		if id := w.link[d]; id != "" {
			worst = max(worst, w.kinds[id])
		}
	}
	if w.link[contract.Config] == "" {
		return deadly // there is no configuration to start on
	}
	return worst
}

func (w *world) kill() { w.prom = prometheus{birth: w.prom.birth, costly: w.prom.costly} }

// start opens the port; load reads the files and makes it ready, or ends it.
func (w *world) start() {
	if !w.prom.up {
		w.prom = prometheus{up: true, birth: w.prom.birth + 1, costly: w.prom.costly}
	}
}

func (w *world) load() {
	if !w.prom.up || w.prom.ready {
		return
	}
	if w.worst() != good {
		w.kill()
		return
	}
	w.prom.ready, w.prom.lastOK, w.prom.lastReload = true, true, w.now
	w.prom.running = map[contract.Domain]string{contract.Config: w.link[contract.Config], contract.Rules: w.link[contract.Rules]}
}

func (w *world) fail(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

func (w *world) holds(d contract.Domain, what string) {
	if w.locked != d {
		w.fail("%s does %s without the lock", d, what)
	}
}

// check holds the promises that are about every moment.
func (w *world) check(d contract.Domain) {
	loaded := w.reloaders[d].state.LoadedNow()
	w.served[d] = w.served[d] || loaded.ID != "" && w.ran[loaded.ID]
	if loaded.ID != "" && w.prom.ready && !w.prom.hung && w.prom.running[d] != loaded.ID {
		w.fail("%s says that %s is loaded, Prometheus runs %q", d, loaded.ID, w.prom.running[d])
	}
	if n := w.crowd(d); n > 4 {
		w.fail("%s has %d sets on the disk", d, n)
	}
	if blamed := w.reloaders[d].state.Refusal.ID; blamed != "" && !w.tried[blamed] {
		w.fail("%s blames %s, which Prometheus never met", d, blamed)
	}
	if _, posting := w.reloaders[d].action.(transaction.Post); !posting {
		return
	}
	for _, other := range domains {
		if _, posting := w.reloaders[other].action.(transaction.Post); posting && other != d {
			w.fail("two POSTs are in flight")
		}
	}
}
