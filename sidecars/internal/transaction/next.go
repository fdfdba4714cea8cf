package transaction

import (
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

const (
	// probeIdle and probeBusy lie between two looks at Prometheus: while nothing waits for it, and while something does.
	probeIdle = time.Second
	probeBusy = 250 * time.Millisecond
	// probeSettle lies between two questions after a POST that timed out.
	probeSettle = time.Second
	// cheapInfo: the last load is asked for under the lock only where that took less, or where a POST timed out.
	cheapInfo = 100 * time.Millisecond

	// heldLooks is how often the volume is looked at while the lock is held.
	heldLooks = 3
	// relook is the pause after as many looks as relooks during which the volume changed.
	relook  = 20 * time.Millisecond
	relooks = 10

	// lockPoll lies between two tries to take a lock that another process holds.
	lockPoll = 5 * time.Millisecond
	// lockYield is the pause after a transaction, so that the other domain gets its turn.
	lockYield = 2 * lockPoll
	// busyTold is how long a lock has to be busy before the report says so.
	busyTold = time.Second

	// faultMin is the pause after a fault of our own. It doubles up to faultMax.
	faultMin = 500 * time.Millisecond
	faultMax = 4 * time.Second

	// rescueAfter: Prometheus has been down this long, so it may be unable to start on the committed set; try the candidate.
	rescueAfter = 10 * time.Second
	// rescueTime is how long it then has to start on the candidate.
	rescueTime = time.Minute
	// maxBroke is how often Prometheus has to die on a candidate before that is refused.
	maxBroke = 2
)

// Next is the policy: what is known after the event, and what to do now. A nil action means that the one in flight goes on.
func Next(s State, now time.Duration, e Event) (State, Action) {
	s.Now = now
	if _, poked := e.(Poke); poked {
		s.Stale = true
		if s.busy() {
			return s, nil
		}
		return s.start(s.decide())
	}
	return s.start(s.after(e))
}

func (s State) busy() bool {
	_, waiting := s.Doing.(Wait)
	return s.Doing != nil && !waiting
}

func (s State) start(next State, a Action) (State, Action) {
	next.Doing, next.DoingSince = a, next.Now
	return next, a
}

// after takes in what came of the last action and says what to do next.
func (s State) after(e Event) (State, Action) {
	switch e := e.(type) {
	case Superseded:
		return s.superseded()
	case Observed:
		s = s.observed(e.Observation)
	case Rendered:
		s = s.rendered(e.Problem)
	case Remembered:
		s = s.remembered()
	case Probed:
		return s.probed(e.Prom)
	case Locked:
		s = s.locked(e.Disk)
	case Busy:
		s = s.lockBusy(e.Holder)
	case Journaled:
		return s.flip(s.Open.To, thenPost)
	case Flipped:
		return s.flipped()
	case Posted:
		return s.posted(e)
	case Confirmed:
		return s.confirmed(e.Prom)
	case Committed:
		return s.committed()
	case Unlocked:
		s = s.unlocked()
	case Fault:
		return s.fault(e.Problem)
	}
	return s.decide()
}

// decide says what to do when nothing is in flight.
func (s State) decide() (State, Action) {
	if s.Stale && (!s.Held || s.Looks < heldLooks) {
		s.Stale = false
		s.Looks++
		return s, Observe{}
	}
	if !s.DiskKnown && !s.Held && s.RetryAt <= s.Now {
		return s.lock()
	}
	want := s.Target()
	if s.RetryAt <= s.Now && want.ID != "" && want.ID != s.Good.ID && want.ID != s.Rendered {
		if s.Held && s.Stale {
			return s.unlock() // it changes faster than it can be written: let the other domain have its turn
		}
		s.Rendered = "" // it goes away
		return s, Render{Set: want, Keep: s.needed()}
	}
	if s.Held {
		return s.decideHeld(want)
	}
	return s.decideFree(want)
}

// decideFree says whether there is a reason to take the lock.
func (s State) decideFree(want Set) (State, Action) {
	switch {
	case s.RetryAt > s.Now:
		return s.idle()
	case s.first(want), s.rescue(want), s.fallen():
		return s.lock()
	case s.Open == nil && want.ID == s.Good.ID:
		return s.keep(want)
	case s.Settle.On && !s.Settle.Done && s.Now < s.Settle.Until:
		return s.probe(probeSettle, true)
	case s.Prom.Phase != Ready:
		return s.probe(probeBusy, false)
	}
	return s.lock()
}

// decideHeld goes on with what the lock was taken for. The volume was looked at again under the lock by now.
func (s State) decideHeld(want Set) (State, Action) {
	switch {
	case s.RetryAt > s.Now:
		return s.unlock()
	case s.ProbedAt < s.LockedAt:
		s.ProbedAt = s.Now
		return s, Probe{Full: s.Settle.On || s.Prom.Took < cheapInfo}
	case s.first(want):
		return s.begin(want)
	case s.Open != nil:
		return s.resolve(want)
	case want.ID == s.Good.ID, s.Prom.Phase != Ready && !s.rescue(want):
		return s.unlock()
	case !s.GoodRan && s.LoadedNow().ID != "":
		return s, Remember{Set: s.Good, Ran: true} // before it is left: it is what to go back to
	}
	return s.begin(want)
}

// first says that there is nothing yet that Prometheus could start on but the candidate.
func (s State) first(want Set) bool {
	none := s.Good.ID == "" || !s.GoodRan && s.Prom.Phase == Down
	free := s.Open == nil || s.own() && s.Open.Link != want.ID && s.Prom.Phase != Ready
	return none && free && want.ID != s.Good.ID && want.ID == s.Rendered && s.DiskKnown
}

// rescue says that Prometheus seems unable to start on what is committed, and that there is something else to try.
func (s State) rescue(want Set) bool {
	return s.Open == nil && want.ID != s.Good.ID && want.ID == s.Rendered && s.downFor(rescueAfter)
}

// own says that the open journal is of our domain.
func (s State) own() bool { return s.Open != nil && s.Open.Domain == s.Domain }

// wanted says that the candidate of the open journal is the set that was seen last. It may be one of before, which says nothing of
// the one that took its place.
func (s State) wanted() bool { return s.own() && s.Open.To == s.Seen.ID }

// fallen says that Prometheus is down on a candidate: the next one must not start on that.
func (s State) fallen() bool {
	o := s.Open
	if o == nil || o.From == "" || o.Link != o.To || s.Prom.Phase != Down {
		return false
	}
	return !o.Rescue || s.downFor(rescueTime)
}

func (s State) downFor(d time.Duration) bool {
	return s.Prom.Phase == Down && s.DownSince > 0 && s.Now-s.DownSince >= d
}

// keep notes what became known of the committed set.
func (s State) keep(want Set) (State, Action) {
	renamed := s.Looked && want == s.Seen.Set && want.Generation != s.Good.Generation
	ran := s.GoodRan || s.LoadedNow().ID != ""
	if want.ID != "" && (renamed || ran != s.GoodRan) {
		return s, Remember{want, ran}
	}
	return s.idle()
}

// resolve finds out what Prometheus runs when the journal says that this is unknown.
func (s State) resolve(want Set) (State, Action) {
	o := s.Open
	switch {
	case s.fallen():
		return s.broken(Problem{contract.Unreachable, "Prometheus went down with this set"})
	case o.Down && (!o.Rescue || s.Prom.Phase == Ready):
		return s, Commit{Ran: s.Prom.Phase == Ready}
	case s.Prom.Phase != Ready:
		return s.unlock()
	case s.Settle.On:
		return s.resolveSettled()
	case s.own() && o.Answered && want.ID == s.Rendered && want.ID != o.Link && want.ID != "":
		return s.begin(want)
	}
	return s.post()
}

// resolveSettled ends the wait for a POST that timed out.
func (s State) resolveSettled() (State, Action) {
	settle := s.Settle
	switch {
	case !settle.Done && s.Now < settle.Until:
		return s.unlock()
	case settle.Done && settle.OK:
		s.Settle = Settle{}
		return s, Commit{Ran: true}
	}
	s.Settle = Settle{}
	return s.post()
}

func (s State) lock() (State, Action) {
	if s.LockAfter > s.Now {
		return s, Wait{s.LockAfter - s.Now}
	}
	return s, Lock{}
}

func (s State) unlock() (State, Action) {
	if s.Open != nil {
		s.Open = s.Open.with(func(o *Open) { o.Ours = false })
	}
	if s.Target().ID != s.Rendered {
		s.Rendered = "" // it goes away
	}
	return s, Unlock{Keep: append(s.needed(), s.Rendered)}
}

// needed are the sets that Prometheus may read, now or after a way back. It takes no lock to know them: only we open a journal of our
// domain, and whoever else resolves it stays on one of its two sets.
func (s State) needed() []string {
	if s.own() {
		return []string{s.Good.ID, s.Open.From, s.Open.To}
	}
	return []string{s.Good.ID}
}

// unlocked forgets a journal that is not ours: its owner resolves it, or we do when we hold the lock again.
func (s State) unlocked() State {
	s.Held, s.LockAfter = false, s.Now+lockYield
	if s.Open != nil {
		s.LockAfter = s.Now + probeBusy
	}
	if !s.own() {
		s.Open = nil
	}
	return s
}

// probe asks Prometheus again when the last answer is older than the interval.
func (s State) probe(every time.Duration, full bool) (State, Action) {
	if due := s.ProbedAt + every; s.ProbedAt > 0 && due > s.Now {
		return s, Wait{s.sooner(due) - s.Now}
	}
	s.ProbedAt = s.Now
	return s, Probe{Full: full}
}

func (s State) idle() (State, Action) {
	if s.Prom.Phase != Ready {
		return s.probe(probeBusy, false)
	}
	return s.probe(probeIdle, false)
}

// sooner is the first instant at which time alone changes the decision.
func (s State) sooner(due time.Duration) time.Duration {
	consider := func(at time.Duration) {
		if at > s.Now && at < due {
			due = at
		}
	}
	consider(s.RetryAt)
	if s.Refusal.ID == s.Seen.ID && !s.Refusal.Final {
		consider(s.Refusal.RetryAt)
	}
	if s.Seen.Staged && s.Seen.Complete {
		consider(s.releaseAt())
	}
	return due
}

func (s State) releaseAt() time.Duration { return s.FirstComplete + s.ReleaseBound }
