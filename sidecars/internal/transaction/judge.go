package transaction

import (
	"fmt"
	"strings"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// check returns why the set that was seen may not be loaded now; the zero Problem when it does not object.
type check func(State) Problem

// checks are asked in this order; the first that objects decides.
var checks = []check{
	knownFormat,
	notOlder,
	complete,
	notRefusedElsewhere,
	sameVersion,
	released,
	notRefused,
}

// judge says why the set that was seen may not be loaded now.
func (s State) judge() Problem {
	for _, c := range checks {
		if p := c(s); p.Reason != "" {
			return p
		}
	}
	return Problem{}
}

// Objection is what stands against a set in a pod that runs this version of Prometheus and has nothing else to keep. It
// waits for no release: the time after which a set is loaded without one is zero.
func Objection(o Observation, prometheusVersion string) Problem {
	return State{Options: Options{PrometheusVersion: prometheusVersion}, Seen: o}.judge()
}

func knownFormat(s State) Problem {
	if !s.Seen.HasManifest || s.Seen.ManifestVersion == contract.ManifestFormat {
		return Problem{}
	}
	return Problem{contract.ManifestVersion, fmt.Sprintf("the manifest has format %d, this reloader knows %d", s.Seen.ManifestVersion, contract.ManifestFormat)}
}

func notOlder(s State) Problem {
	if !s.Seen.HasManifest || s.Seen.AcceptLower || s.Seen.Generation >= s.Good.Generation {
		return Problem{}
	}
	return Problem{contract.OlderGeneration, fmt.Sprintf("generation %d is older than %d, which is loaded", s.Seen.Generation, s.Good.Generation)}
}

func complete(s State) Problem {
	if s.Seen.Complete {
		return Problem{}
	}
	return s.Seen.Problem
}

func notRefusedElsewhere(s State) Problem {
	if !s.Seen.RefusedElsewhere {
		return Problem{}
	}
	return Problem{contract.RefusedElsewhere, "another replica's Prometheus refused this set"}
}

func sameVersion(s State) Problem {
	want, have := strings.TrimPrefix(s.Seen.PrometheusVersion, "v"), strings.TrimPrefix(s.PrometheusVersion, "v")
	if want == "" || have == "" || want == have {
		return Problem{}
	}
	return Problem{contract.OtherVersion, fmt.Sprintf("the set is for Prometheus %s, this pod runs %s", want, have)}
}

func released(s State) Problem {
	if !s.Seen.Staged || s.Seen.Released || s.Now >= s.releaseAt() {
		return Problem{}
	}
	return Problem{contract.NotReleased, "waiting for the operator to release this set to this pod"}
}

func notRefused(s State) Problem {
	if s.Refusal.ID != s.Seen.ID || !s.Refusal.Final && s.Now >= s.Refusal.RetryAt {
		return Problem{}
	}
	return s.Refusal.Problem
}

// Target is the set that Prometheus should run: the one seen or, while something stands against that, the last good one.
func (s State) Target() Set {
	if !s.Looked || s.judge().Reason != "" {
		return s.Good
	}
	return s.Seen.Set
}

// refusals are the reasons that condemn a set; all others only put it off.
var refusals = map[contract.Reason]bool{
	contract.Empty: true, contract.TooFew: true, contract.TooLarge: true, contract.BadGzip: true,
	contract.EnvMissing: true, contract.EnvUnsafe: true, contract.PrometheusRefused: true, contract.RefusedElsewhere: true,
}

// Standing is what stands against the wanted set, for the report. refused is its digest when it is condemned.
func (s State) Standing() (p Problem, refused string) {
	if !s.Looked || s.Seen.Digest != "" && s.LoadedNow().Digest == s.Seen.Digest {
		return Problem{}, ""
	}
	p = s.judge()
	if s.Refusal.ID == s.Seen.ID && s.Seen.ID != "" && p.Reason == "" {
		p = s.Refusal.Problem // being tried again, but still what is known of it
	}
	if p.Reason == "" {
		p = s.waiting()
	}
	if refusals[p.Reason] && (s.Refusal.ID == s.Seen.ID || s.Seen.RefusedElsewhere) {
		refused = s.Seen.Digest
	}
	return p, refused
}

func (s State) waiting() Problem {
	switch {
	case s.Waiting.Reason != "":
		return s.Waiting
	case s.Holder != "" && s.Now-s.BusySince >= busyTold:
		return Problem{contract.LockBusy, "held by " + s.Holder}
	case s.Prom.Phase != Ready:
		return s.Prom.Problem
	}
	return Problem{}
}
