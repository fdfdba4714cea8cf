package transaction_test

import (
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// TestB29_ClockJumps shifts Prometheus' and the node's calendar by an hour in the middle of a rollout. Decisions are made on
// time since the start alone, so they stay the same. Taking that guard out means to feed the calendar to Next: then a staged
// set is loaded an hour early, or a retry an hour late.
func TestB29_ClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour} {
		if early, late := rollout(jump, 0); early || late {
			t.Errorf("calendar jumps by %v: loaded early %v, late %v", jump, early, late)
		}
		if early, late := rollout(0, jump); !early && !late {
			t.Errorf("without its guard, with the calendar for a clock that jumps by %v, nothing fails: the test proves nothing", jump)
		}
	}
}

// rollout stages a set without a release. The calendar of Prometheus jumps by one duration, the time given to Next by the
// other. It says whether the set was loaded before its ten minutes, or not soon after them.
func rollout(calendar, clock time.Duration) (early, late bool) {
	s := transaction.State{Stale: true, Options: transaction.Options{Domain: contract.Config, ReleaseBound: 10 * time.Minute, ReloadTimeout: time.Minute, RetryMin: time.Second, RetryMax: time.Minute}}
	seen := transaction.Observation{Set: transaction.Set{ID: "next", Digest: "next"}, Complete: true, Staged: true}
	start, real := time.Unix(1e9, 0), time.Duration(0)
	var event transaction.Event = transaction.Tick{}
	for real < 11*time.Minute {
		now := real
		if real > time.Minute {
			now += clock
		}
		var action transaction.Action
		s, action = transaction.Next(s, now, event)
		prom := transaction.Prom{Phase: transaction.Ready, Full: true, ReloadOK: true, Start: start, LastReload: start.Add(real + calendar)}
		switch a := action.(type) {
		case transaction.Wait:
			real += max(a.For, time.Millisecond)
			event = transaction.Tick{}
		case transaction.Post:
			return real < 10*time.Minute, false
		default:
			real += time.Millisecond
			event = answer(a, seen, prom)
		}
	}
	return false, true
}

func answer(a transaction.Action, seen transaction.Observation, prom transaction.Prom) transaction.Event {
	switch a.(type) {
	case transaction.Observe:
		return transaction.Observed{Observation: seen}
	case transaction.Render:
		return transaction.Rendered{}
	case transaction.Probe:
		return transaction.Probed{Prom: prom}
	case transaction.Lock:
		return transaction.Locked{Disk: transaction.Disk{Good: transaction.Set{ID: "good", Digest: "good"}, Ran: true, Link: "good"}}
	case transaction.Journal:
		return transaction.Journaled{}
	case transaction.Flip:
		return transaction.Flipped{}
	case transaction.Unlock:
		return transaction.Unlocked{}
	}
	return transaction.Remembered{}
}
