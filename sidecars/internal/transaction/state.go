package transaction

import (
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// Set names one complete set. The zero Set is none.
type Set struct {
	// ID is the name of its generation directory.
	ID string `json:"id"`
	// Digest is what the operator calls it.
	Digest string `json:"digest"`
	// Generation is the operator's count, 0 without a manifest.
	Generation int64 `json:"generation"`
}

// Problem says why something is not done, in a word and in a sentence. The zero Problem is none.
type Problem struct {
	Reason contract.Reason
	Text   string
}

// Observation is what one look at the volume says.
type Observation struct {
	Set
	// Complete says that the set hashes to its manifest, or that there is none and the files are there.
	Complete bool
	// Problem says what is missing when it is not Complete, or which of its assets are.
	Problem Problem
	// HasManifest, ManifestVersion, AcceptLower, PrometheusVersion and Staged are the manifest's.
	HasManifest       bool
	ManifestVersion   int
	AcceptLower       bool
	PrometheusVersion string
	Staged            bool
	// Released and RefusedElsewhere are what the operator says about this digest.
	Released         bool
	RefusedElsewhere bool
}

// Entry is the journal: a flip of this domain's link, From a committed set To a candidate, that is not yet committed.
// From is "" before the first commit.
type Entry struct {
	Domain contract.Domain `json:"domain"`
	From   string          `json:"from"`
	To     string          `json:"to"`
	// Fresh says that no Prometheus was started on To yet; the first one gets some time.
	Fresh bool `json:"fresh,omitempty"`
}

// Disk is what lies in the output directory, read under the lock.
type Disk struct {
	// Good is the committed set of our domain: where the link leads or, with a journal of ours, where it led before.
	Good Set
	// Ran says that a Prometheus was seen to run Good. Without that it was only put there before one started.
	Ran bool
	// Link is where the link of the journal's domain leads; without a journal, our own.
	Link string
	// Journal is nil when everything is committed.
	Journal *Entry
}

// Phase is how far Prometheus is.
type Phase int

// Phases. Down is a refused connection: no process, so whichever starts next reads what the link names now.
const (
	Unknown Phase = iota
	Down
	NotReady
	Ready
)

// Prom is what Prometheus says of itself.
type Prom struct {
	Phase   Phase
	Problem Problem // why it is not Ready
	Version string
	Start   time.Time // zero when unknown
	// ReloadOK and LastReload are of the last load; only known when Full.
	Full       bool
	ReloadOK   bool
	LastReload time.Time
	// Took is how long Prometheus needed for them: it gathers all of its metrics for that.
	Took time.Duration
}

// Outcome is what became of a POST.
type Outcome int

// Outcomes. NoAnswer covers a refused and a broken connection: Prometheus went away. Rejected means that nothing was
// reloaded (403, 404, 401); its Problem says which.
const (
	Accepted Outcome = iota
	Refused
	NoAnswer
	TimedOut
	Rejected
)

// Refusal is a set that was refused, and when it may be tried again.
type Refusal struct {
	Problem
	ID      string
	Final   bool // the content itself is bad: it is not tried again
	Tries   int
	RetryAt time.Duration
}

// Options hold the few settings of the policy. Now and all instants are monotonic time since the process started: nothing
// here depends on the wall clock.
type Options struct {
	Domain            contract.Domain
	Direct            bool          // Prometheus reads the volume itself: there is nothing to flip back to
	PrometheusVersion string        // that runs in this pod, "" when unknown
	ReloadTimeout     time.Duration // after which a POST counts as TimedOut
	ReleaseBound      time.Duration // after which a staged set is loaded without a release
	RetryMin          time.Duration // pause after a refusal, doubled up to RetryMax
	RetryMax          time.Duration
}

// State is everything that Next decides on. Its zero value with Options is the start.
type State struct {
	Options
	Now        time.Duration
	Doing      Action // in flight; nil or a Wait while nothing is
	DoingSince time.Duration

	// The volume.
	Stale         bool // it may have changed since Seen
	Missed        int  // looks in a row that were superseded
	Looks         int  // looks since the lock was taken
	Seen          Observation
	Looked        bool // Seen is from a look
	FirstSeen     time.Duration
	FirstComplete time.Duration
	Rendered      string // the candidate that is whole on disk

	// The disk. Open is the journal as we know it.
	DiskKnown bool
	Held      bool
	LockedAt  time.Duration
	BusySince time.Duration
	LockAfter time.Duration // not sooner: somebody else holds it, or has waited for us
	Holder    string
	Good      Set
	GoodRan   bool
	Open      *Open

	// Prometheus.
	Prom      Prom
	ProbedAt  time.Duration
	ReadyAt   time.Duration // ready since
	DownSince time.Duration // first seen down since it was last ready; 0 when it was not
	Settle    Settle

	// What became of it.
	LoadedAt time.Duration
	Refusal  Refusal
	Waiting  Problem // why the wanted set is not loaded yet, from the last attempt
	RetryAt  time.Duration
	Tries    int
	Broke    int    // how often Prometheus died on Suspect
	Suspect  string // its ID
	Counts   Counts

	// then is what follows a flip that is being done.
	then follow
}

// Open is a journal entry and what we know of it.
type Open struct {
	Entry
	Link string // where the link leads: From or To
	// Ours says that it was opened in this hold of the lock, with everything proved before.
	Ours bool
	// Answered says that the last POST for it was answered: none is in flight.
	Answered bool
	// Down says that Prometheus was seen down with the link as it is: the next one runs what the link names.
	Down bool
	// Rescue says that Prometheus was down for long before the flip: it gets some time to start on the candidate.
	Rescue bool
}

// Settle watches a POST that timed out: it may still be in Prometheus' queue.
type Settle struct {
	On    bool
	Until time.Duration
	Start time.Time
	Last  time.Time // last successful load before the POST; zero when unknown
	Done  bool
	OK    bool
}

// Counts are for metrics alone; no decision reads them.
type Counts struct {
	Applies, ApplyFailures, Posts, PostFailures int64
	EnvErrors                                   int64 // of the last set that was written
	Refusals                                    map[contract.Reason]int64
	LastOK                                      bool
	LastOKAt                                    time.Duration
	Latency                                     Histogram
}

type follow int

const (
	thenPost follow = iota
	thenProbe
	thenCommit
)

// LoadedNow is the set that Prometheus is known to run at this moment, or none.
func (s State) LoadedNow() Set {
	if s.proved() && s.Prom.Phase == Ready {
		return s.Good
	}
	return Set{}
}

// proved says that Prometheus runs Good, or will when it starts.
func (s State) proved() bool {
	return s.DiskKnown && (s.Open == nil || s.Open.Domain != s.Domain)
}
