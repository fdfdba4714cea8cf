package transaction_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// numbered is a set that nothing stands against.
func numbered(n int) transaction.Observation {
	id := fmt.Sprint("set", n)
	return transaction.Observation{Set: transaction.Set{ID: id, Digest: id}, Complete: true, Released: true}
}

// wantsTheLock is a reloader that has seen and rendered this set.
func wantsTheLock(seen transaction.Observation) transaction.State {
	return transaction.State{Options: transaction.Options{Domain: contract.Config}, Looked: true, DiskKnown: true, Seen: seen, Rendered: seen.ID}
}

func TestErrorsOfVariablesAreThoseOfTheLastSet(t *testing.T) {
	s := transaction.State{}
	s, _ = transaction.Next(s, 0, transaction.Rendered{Problem: transaction.Problem{Reason: contract.EnvMissing}})
	if s.Counts.EnvErrors != 1 {
		t.Errorf("%d after a refusal", s.Counts.EnvErrors)
	}
	if s, _ = transaction.Next(s, 0, transaction.Rendered{}); s.Counts.EnvErrors != 0 || s.Counts.Applies != 2 {
		t.Errorf("%+v after a good one", s.Counts)
	}
}

// TestARestlessVolumeDoesNotKeepTheLock goes through looks at a volume that changes with each of them.
func TestARestlessVolumeDoesNotKeepTheLock(t *testing.T) {
	s := wantsTheLock(numbered(0))
	s, action := transaction.Next(s, time.Second, transaction.Locked{})
	for n := 1; n <= 10; n++ {
		if _, looks := action.(transaction.Observe); !looks {
			return
		}
		s, _ = transaction.Next(s, time.Second, transaction.Poke{})
		s, action = transaction.Next(s, time.Second, transaction.Observed{Observation: numbered(n)})
	}
	t.Errorf("it still looks, and nobody else gets the lock: %+v", s)
}

// TestAPredecessorsPostIsAnsweredFirst: the reload of a set whose reloader died may still be under way, and would read half of a set
// that comes now.
func TestAPredecessorsPostIsAnsweredFirst(t *testing.T) {
	s := wantsTheLock(numbered(3))
	disk := transaction.Disk{Good: numbered(1).Set, Ran: true, Link: "set2", Journal: &transaction.Entry{Domain: contract.Config, From: "set1", To: "set2"}}
	var action transaction.Action
	for _, e := range []transaction.Event{
		transaction.Locked{Disk: disk}, transaction.Observed{Observation: numbered(3)}, transaction.Probed{Prom: transaction.Prom{Phase: transaction.Ready}},
	} {
		s, action = transaction.Next(s, time.Second, e)
	}
	if _, posts := action.(transaction.Post); !posts {
		t.Errorf("%T; want a POST for what the journal says", action)
	}
	s, _ = transaction.Next(s, time.Second, transaction.Posted{Outcome: transaction.Refused})
	if s.Open == nil || s.Open.Link != "set1" {
		t.Errorf("%+v; want the way back", s.Open)
	}
	if p, refused := s.Standing(); refused != "" || s.Counts.Refusals != nil {
		t.Errorf("%q is blamed for what was before it: %+v", refused, p)
	}
}

// TestWhatRunsIsNotedBeforeItIsLeft: if Prometheus dies of the candidate, the disk alone says what there is to go back to.
func TestWhatRunsIsNotedBeforeItIsLeft(t *testing.T) {
	s := wantsTheLock(numbered(2))
	var action transaction.Action
	for _, e := range []transaction.Event{
		transaction.Locked{Disk: transaction.Disk{Good: numbered(1).Set, Link: "set1"}}, transaction.Observed{Observation: numbered(2)},
		transaction.Probed{Prom: transaction.Prom{Phase: transaction.Ready}},
	} {
		s, action = transaction.Next(s, time.Second, e)
	}
	if noted, ok := action.(transaction.Remember); !ok || noted.ID != "set1" || !noted.Ran {
		t.Fatalf("%T %+v; want a note that the first set ran", action, action)
	}
	s, action = transaction.Next(s, time.Second, transaction.Remembered{})
	if entry, ok := action.(transaction.Journal); !ok || entry.From != "set1" || entry.To != "set2" || !s.GoodRan {
		t.Errorf("%T %+v; want a journal with a way back", action, action)
	}
}

func TestWhatStandsAgainstTheWantedSet(t *testing.T) {
	words := transaction.Problem{Reason: contract.PrometheusRefused, Text: "no"}
	cases := map[string]struct {
		reason  string
		change  func(*transaction.State)
		want    contract.Reason
		refused string
	}{
		"Refused": {"it was refused itself", func(s *transaction.State) {
			s.Refusal = transaction.Refusal{ID: "set2", Problem: words, RetryAt: time.Hour}
		}, contract.PrometheusRefused, "set2"},
		"RefusedAndTriedAgain": {"what is known of it still stands", func(s *transaction.State) {
			s.Refusal = transaction.Refusal{ID: "set2", Problem: words}
		}, contract.PrometheusRefused, "set2"},
		"Other":     {"something else was refused, for which this one waits", func(s *transaction.State) { s.Waiting = words }, contract.PrometheusRefused, ""},
		"Elsewhere": {"another replica knows", func(s *transaction.State) { s.Seen.RefusedElsewhere = true }, contract.RefusedElsewhere, "set2"},
		"Busy": {"the other domain is at it for long", func(s *transaction.State) {
			s.Holder, s.BusySince = "the rules reloader", s.Now-time.Second
		}, contract.LockBusy, ""},
		"BrieflyBusy": {"a lock that is busy for less is not worth a word", func(s *transaction.State) {
			s.Holder, s.BusySince = "the rules reloader", s.Now-time.Second/2
		}, "", ""},
		"Nothing": {"it is on its way", func(*transaction.State) {}, "", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := wantsTheLock(numbered(2))
			s.Now, s.Prom.Phase = time.Minute, transaction.Ready
			tc.change(&s)
			if p, refused := s.Standing(); p.Reason != tc.want || refused != tc.refused {
				t.Errorf("%s: %q, refused %q; want %q and %q", tc.reason, p.Reason, refused, tc.want, tc.refused)
			}
		})
	}
}
