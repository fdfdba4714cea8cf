package transaction_test

import (
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// costly is a reloader of set1 that wants set2. It knows from long ago when Prometheus last loaded something, and that the answer
// takes too long to be asked for under the lock.
func costly() transaction.State {
	s := wantsTheLock(numbered(2))
	s.ReloadTimeout, s.Good, s.GoodRan = time.Minute, numbered(1).Set, true
	s.Prom = told(0)
	return s
}

// told is a whole answer of a Prometheus that loaded something so long after its start.
func told(load time.Duration) transaction.Prom {
	start := time.Unix(1e9, 0)
	return transaction.Prom{Phase: transaction.Ready, Full: true, ReloadOK: true, Start: start, LastReload: start.Add(load), Took: time.Second}
}

// postAndGiveUp goes on from the lock to a POST that times out, and gives the lock back.
func postAndGiveUp(t *testing.T, s transaction.State, now time.Duration, disk transaction.Disk) (transaction.State, transaction.Action) {
	t.Helper()
	s, action := transaction.Next(s, now, transaction.Locked{Disk: disk})
	for range 9 {
		now += time.Millisecond
		if _, waits := action.(transaction.Unlock); waits {
			return transaction.Next(s, now, transaction.Unlocked{})
		}
		s, action = transaction.Next(s, now, gaveUp(action, s))
	}
	t.Fatalf("%T: the lock is not given back", action)
	return s, nil
}

func gaveUp(action transaction.Action, s transaction.State) transaction.Event {
	switch a := action.(type) {
	case transaction.Probe:
		if !a.Full {
			return transaction.Probed{Prom: transaction.Prom{Phase: transaction.Ready, Start: s.Prom.Start}}
		}
		return transaction.Probed{Prom: told(5 * time.Second)} // the other domain's load of meanwhile
	case transaction.Post:
		return transaction.Posted{Outcome: transaction.TimedOut, Problem: transaction.Problem{Reason: contract.ReloadTimeout}}
	}
	return answer(action, numbered(2), transaction.Prom{})
}

// TestAnOlderLoadIsNotTakenForOurs: the other domain loaded something between the last whole answer and our POST, which is still in
// Prometheus' queue and may end in a refusal.
func TestAnOlderLoadIsNotTakenForOurs(t *testing.T) {
	s, _ := postAndGiveUp(t, costly(), time.Second, transaction.Disk{Good: numbered(1).Set, Ran: true, Link: "set1"})
	s, _ = transaction.Next(s, 2*time.Second, transaction.Probed{Prom: told(5 * time.Second)})
	if !s.Settle.On || s.Settle.Done {
		t.Fatalf("%+v: a load of before is taken for ours", s.Settle)
	}
	if _, action := transaction.Next(s, 4*time.Second, transaction.Tick{}); action != (transaction.Probe{Full: true}) {
		t.Errorf("%T; want it to go on asking", action)
	}
}

// TestALoadIsTakenForOursOnceItCanBeTold: where reloads always take longer than we wait, nothing else would ever prove a set.
func TestALoadIsTakenForOursOnceItCanBeTold(t *testing.T) {
	s, _ := postAndGiveUp(t, costly(), time.Second, transaction.Disk{Good: numbered(1).Set, Ran: true, Link: "set1"})
	journal := &transaction.Entry{Domain: contract.Config, From: "set1", To: "set2"}
	s, _ = postAndGiveUp(t, s, 2*time.Minute, transaction.Disk{Good: numbered(1).Set, Ran: true, Link: "set2", Journal: journal})
	if s.Counts.Posts != 2 {
		t.Fatalf("%d POSTs; the first may have been lost", s.Counts.Posts)
	}
	if s, _ = transaction.Next(s, 3*time.Minute, transaction.Probed{Prom: told(5 * time.Second)}); s.Settle.Done {
		t.Fatal("a load of before is taken for ours")
	}
	if s, _ = transaction.Next(s, 3*time.Minute, transaction.Probed{Prom: told(time.Minute)}); !s.Settle.OK {
		t.Errorf("%+v: it is never proved", s.Settle)
	}
}
