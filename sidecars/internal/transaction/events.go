package transaction

import "time"

// Event is something that happened: a Poke, a Tick, or what came of the action in flight.
type Event interface{ event() }

// Action is something to do; the Driver answers each with one event. Wait is answered by Tick, unless something else happens
// first.
type Action interface{ action() }

type (
	// Poke says that the volume may have changed.
	Poke struct{}
	// Tick says that a Wait is over.
	Tick struct{}
	// Fault is the answer when an action failed for a reason of our own, such as a full disk.
	Fault struct{ Problem Problem }
	// Superseded is the answer of Observe and Render when the volume changed meanwhile.
	Superseded struct{}

	// Observe looks at the volume.
	Observe struct{}
	// Observed is its answer.
	Observed struct{ Observation }

	// Render writes the candidate into a generation of its own. Before that, generations other than these are compressed or removed:
	// candidates of before that nobody came to load.
	Render struct {
		Set
		Keep []string
	}
	// Rendered is its answer. A Problem means that the content is refused.
	Rendered struct{ Problem Problem }

	// Remember notes a new generation number of a set whose bytes are unchanged, and that it ran.
	Remember struct {
		Set
		Ran bool
	}
	// Remembered is its answer.
	Remembered struct{}

	// Probe asks Prometheus whether it is ready; Full asks for its last load, too.
	Probe struct{ Full bool }
	// Probed is its answer.
	Probed struct{ Prom }

	// Lock tries to take the lock; it does not wait.
	Lock struct{}
	// Locked is its answer.
	Locked struct{ Disk }
	// Busy is its answer when somebody else, named so, has it.
	Busy struct{ Holder string }

	// Journal writes the journal.
	Journal struct{ Entry }
	// Journaled is its answer.
	Journaled struct{}

	// Flip points the link of the entry's domain to a generation.
	Flip struct {
		Entry
		ID string
	}
	// Flipped is its answer.
	Flipped struct{}

	// Post asks Prometheus to reload.
	Post struct{}
	// Posted is its answer.
	Posted struct {
		Outcome Outcome
		Problem Problem
	}

	// Confirm asks Prometheus whether its last load was successful.
	Confirm struct{}
	// Confirmed is its answer; a Prom that is not Ready means that it went away.
	Confirmed struct{ Prom }

	// Commit removes the journal. Ran says that Prometheus was seen to run what the link names.
	Commit struct{ Ran bool }
	// Committed is its answer.
	Committed struct{}

	// Unlock gives the lock back. Afterwards generations other than these are compressed or removed.
	Unlock struct{ Keep []string }
	// Unlocked is its answer.
	Unlocked struct{}

	// Wait does nothing for a time.
	Wait struct{ For time.Duration }
)

func (Poke) event()       {}
func (Tick) event()       {}
func (Fault) event()      {}
func (Superseded) event() {}
func (Observed) event()   {}
func (Rendered) event()   {}
func (Remembered) event() {}
func (Probed) event()     {}
func (Locked) event()     {}
func (Busy) event()       {}
func (Journaled) event()  {}
func (Flipped) event()    {}
func (Posted) event()     {}
func (Confirmed) event()  {}
func (Committed) event()  {}
func (Unlocked) event()   {}

func (Observe) action()  {}
func (Render) action()   {}
func (Remember) action() {}
func (Probe) action()    {}
func (Lock) action()     {}
func (Journal) action()  {}
func (Flip) action()     {}
func (Post) action()     {}
func (Confirm) action()  {}
func (Commit) action()   {}
func (Unlock) action()   {}
func (Wait) action()     {}
