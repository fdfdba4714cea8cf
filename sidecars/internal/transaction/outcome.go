package transaction

import (
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// observed takes in a look at the volume. A set that differs from the last one ends every wait for that one.
func (s State) observed(o Observation) State {
	changed := !s.Looked || o.Set != s.Seen.Set
	if changed {
		s.FirstSeen, s.FirstComplete = s.Now, 0
		s.Waiting, s.RetryAt, s.Tries = Problem{}, 0, 0
	}
	if o.ID != s.Refusal.ID && o.Complete {
		s.Refusal = Refusal{}
	}
	if o.Complete && s.FirstComplete == 0 {
		s.FirstComplete = s.Now
	}
	s.Seen, s.Looked, s.Missed = o, true, 0
	return s
}

// superseded looks again at once; a volume that stays broken must not keep us busy.
func (s State) superseded() (State, Action) {
	s.Stale = true
	s.Missed++
	if s.Missed%relooks == 0 {
		return s, Wait{relook}
	}
	return s.decide()
}

// rendered takes in whether the candidate is on disk. Content that was refused will be the same next time.
func (s State) rendered(p Problem) State {
	s.Counts.Applies++
	s.Counts.EnvErrors = 0
	if p.Reason == "" {
		s.Rendered = s.Seen.ID
		s.Waiting, s.Tries = Problem{}, 0
		return s
	}
	if p.Reason == contract.EnvMissing || p.Reason == contract.EnvUnsafe {
		s.Counts.EnvErrors = 1
	}
	s.Counts.ApplyFailures++
	return s.refuse(p, true)
}

// probed takes in what Prometheus says of itself, also after a flip that was taken back because it went away.
func (s State) probed(p Prom) (State, Action) {
	s = s.heard(p)
	if s.Held && s.then == thenProbe {
		s.then = thenPost
		if p.Phase == Down && !s.Open.Rescue {
			return s, Commit{}
		}
		return s.unlock()
	}
	return s.decide()
}

// heard keeps what Prometheus said.
func (s State) heard(p Prom) State {
	if !p.Full { // what was not asked stays as it was
		p.ReloadOK, p.LastReload, p.Took = s.Prom.ReloadOK, s.Prom.LastReload, s.Prom.Took
	}
	if p.Phase == Ready && s.Prom.Phase != Ready {
		s.ReadyAt = s.Now
	}
	s.Prom, s.ProbedAt = p, s.Now
	switch {
	case p.Phase == Ready:
		s.DownSince = 0
	case p.Phase == Down && s.DownSince == 0:
		s.DownSince = s.Now
	}
	if o := s.Open; p.Phase == Down && s.Held && o != nil && (o.From == "" || o.Link == o.From || o.Rescue) {
		s.Open = s.Open.with(func(o *Open) { o.Down = true })
	}
	if s.Settle.On && p.Phase == Ready && p.Full {
		s.Settle = s.Settle.look(p)
	}
	return s
}

// look says whether the POST that timed out has been carried out by now.
func (t Settle) look(p Prom) Settle {
	switch {
	case !p.Start.Equal(t.Start): // another process: the queue is gone
		t.Done, t.OK = true, false
	case !p.ReloadOK:
		t.Done, t.OK = true, false
	case !t.Last.IsZero() && p.LastReload.After(t.Last):
		t.Done, t.OK = true, true
	}
	return t
}

// locked takes in what lies on the disk. The volume is looked at once more: what came meanwhile goes first.
func (s State) locked(d Disk) State {
	s.Held, s.LockedAt, s.DiskKnown = true, s.Now, true
	s.Holder, s.BusySince, s.Looks = "", 0, 0
	if d.Good.ID != s.Good.ID {
		s.LoadedAt = s.Now
	}
	s.Good, s.GoodRan, s.Stale = d.Good, d.Ran, s.Looked
	if d.Journal == nil {
		s.Open, s.Settle = nil, Settle{}
		return s
	}
	open := &Open{Entry: *d.Journal, Link: d.Link, Rescue: d.Journal.Fresh}
	if s.Open != nil && s.Open.Entry == *d.Journal && s.Open.Link == d.Link {
		open.Answered, open.Down, open.Rescue = s.Open.Answered, s.Open.Down, s.Open.Rescue
	} else {
		s.Settle = Settle{}
	}
	s.Open = open
	return s
}

func (s State) lockBusy(holder string) State {
	if s.Holder == "" {
		s.BusySince = s.Now
	}
	s.Holder, s.LockAfter = holder, s.Now+lockPoll
	return s
}

// begin opens a transaction for the candidate. An open one of the same domain is replaced: its From stays.
func (s State) begin(want Set) (State, Action) {
	ours := s.Open == nil
	link := s.Good.ID
	if s.Open != nil {
		link = s.Open.Link
	}
	if s.Direct || !s.GoodRan {
		s.Good, s.GoodRan = Set{}, false // nothing worth going back to
	}
	entry := Entry{Domain: s.Domain, From: s.Good.ID, To: want.ID}
	s.Open = &Open{Entry: entry, Link: link, Ours: ours, Rescue: entry.From != "" && s.Prom.Phase == Down}
	return s, Journal{entry}
}

func (s State) flip(id string, then follow) (State, Action) {
	s.then = then
	s.Open = s.Open.with(func(o *Open) { o.Link, o.Down = id, false })
	return s, Flip{Entry: s.Open.Entry, ID: id}
}

func (s State) flipped() (State, Action) {
	switch s.then {
	case thenCommit:
		s.then = thenPost
		return s, Commit{}
	case thenProbe:
		return s, Probe{}
	}
	if s.Prom.Phase != Ready {
		s.then = thenProbe
		return s, Probe{}
	}
	return s.post()
}

func (s State) post() (State, Action) {
	s.Open = s.Open.with(func(o *Open) { o.Answered = false })
	s.Counts.Posts++
	return s, Post{}
}

// posted takes in what became of the POST.
func (s State) posted(e Posted) (State, Action) {
	if e.Outcome != Accepted {
		s.Counts.PostFailures++
		s.Counts.LastOK = false
	}
	if e.Outcome != TimedOut {
		s.Open = s.Open.with(func(o *Open) { o.Answered = true })
	}
	switch e.Outcome {
	case Accepted:
		return s, Confirm{}
	case Refused:
		return s.refusedByPrometheus(e.Problem)
	case NoAnswer:
		return s.broken(e.Problem)
	case TimedOut:
		s.Waiting = e.Problem
		s.Settle = Settle{On: true, Until: s.Now + s.ReloadTimeout, Start: s.Prom.Start}
		if s.Prom.Full { // else it is of before the lock: the other domain may have loaded something since
			s.Settle.Last = s.Prom.LastReload
		}
		return s.unlock()
	}
	return s.rejected(e.Problem)
}

// refusedByPrometheus puts the last good set back. Part of the refused one may run by now, so that needs a POST as well.
func (s State) refusedByPrometheus(p Problem) (State, Action) {
	o := s.Open
	onCandidate := o.Link == o.To
	if onCandidate && s.wanted() {
		s = s.refuse(p, false)
	}
	if onCandidate && o.From != "" {
		return s.flip(o.From, thenPost)
	}
	// Not even the last good set is accepted, or there is none: stay, try again slowly.
	s.Waiting = p
	return s.retryLater().unlock()
}

// broken flips back at once when Prometheus went away, so that its next start is on the last good set.
func (s State) broken(p Problem) (State, Action) {
	s.Waiting = p
	s.Prom.Phase = Unknown
	o := s.Open
	if o.Link != o.To || o.From == "" {
		return s.unlock()
	}
	if s.wanted() {
		s = s.suspect(p)
	}
	return s.flip(o.From, thenProbe)
}

// suspect counts how often Prometheus died on a candidate; twice may be its fault.
func (s State) suspect(p Problem) State {
	if s.Suspect != s.Seen.ID {
		s.Suspect, s.Broke = s.Seen.ID, 0
	}
	s.Broke++
	if s.Broke >= maxBroke {
		s = s.refuse(p, false)
	}
	return s
}

// rejected undoes a flip of which Prometheus never heard.
func (s State) rejected(p Problem) (State, Action) {
	s.Waiting = p
	s = s.retryLater()
	o := s.Open
	if o.Ours && o.From != "" && o.Link == o.To {
		return s.flip(o.From, thenCommit)
	}
	return s.unlock()
}

// confirmed takes in whether the load that was answered with 200 was indeed successful.
func (s State) confirmed(p Prom) (State, Action) {
	s = s.heard(p)
	switch {
	case p.Phase != Ready:
		s.Waiting = p.Problem
		return s.unlock()
	case p.Full && !p.ReloadOK:
		return s.refusedByPrometheus(Problem{contract.PrometheusRefused, "Prometheus answered 200, but says that its last reload failed"})
	}
	return s, Commit{Ran: true}
}

// committed closes the transaction: Prometheus runs what the link names.
func (s State) committed() (State, Action) {
	o := s.Open
	ran := s.Doing.(Commit).Ran
	s.Open, s.Settle, s.then = nil, Settle{}, thenPost
	if o.Domain != s.Domain {
		return s.decide()
	}
	switch {
	case o.Link == s.Seen.ID && o.Link == o.To:
		s = s.succeeded()
		s.GoodRan = ran
	case o.Link == o.To: // somebody's candidate of before: the disk knows its digest
		s.DiskKnown = false
	}
	return s.unlock()
}

func (s State) succeeded() State {
	s.Good, s.LoadedAt = s.Seen.Set, s.Now
	s.Refusal, s.Waiting = Refusal{}, Problem{}
	s.RetryAt, s.Tries, s.Broke, s.Suspect = 0, 0, 0, ""
	s.Counts.LastOK, s.Counts.LastOKAt = true, s.Now
	s.Counts.Latency = s.Counts.Latency.With(s.Now - s.FirstSeen)
	return s
}

func (s State) remembered() State {
	noted := s.Doing.(Remember)
	s.Good, s.GoodRan = noted.Set, noted.Ran
	return s
}

// fault is a failure of our own. What lies on the disk is read again under the next lock.
func (s State) fault(p Problem) (State, Action) {
	s.Waiting = p
	s.Counts.ApplyFailures++
	s.Tries++
	s.RetryAt = s.Now + doubled(faultMin, faultMax, s.Tries)
	if !s.Held {
		return s.decide()
	}
	s.DiskKnown = false
	return s.unlock()
}

// refuse records why the set that was seen is not loaded, and when it may be tried again.
func (s State) refuse(p Problem, final bool) State {
	if s.Refusal.ID != s.Seen.ID {
		s.Refusal = Refusal{ID: s.Seen.ID}
	}
	s.Refusal.Problem, s.Refusal.Final = p, final
	s.Refusal.Tries++
	s.Refusal.RetryAt = s.Now + doubled(s.RetryMin, s.RetryMax, s.Refusal.Tries)
	s.Rendered = ""
	s.Counts = s.Counts.refused(p.Reason)
	return s
}

func (s State) retryLater() State {
	s.Tries++
	s.RetryAt = s.Now + doubled(s.RetryMin, s.RetryMax, s.Tries)
	return s
}

// doubled is the pause after the n-th failure in a row.
func doubled(first, most time.Duration, n int) time.Duration {
	d := first
	for range n - 1 {
		if d >= most {
			break
		}
		d *= 2
	}
	return min(d, most)
}

// with returns a changed copy: states never share what they may change.
func (o *Open) with(change func(*Open)) *Open {
	c := *o
	change(&c)
	return &c
}
