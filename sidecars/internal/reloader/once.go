package reloader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/set"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/store"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// looksOnce is how often a volume that changes under the look is looked at again at once.
const looksOnce = 10

// stageOnce puts a set of each domain in place before Prometheus starts, and waits until there is one: a first load without
// rules would lose the state of alerts for good. Rules come first, because they need the way back more, see startUnproved.
func stageOnce(ctx context.Context, o Options, log *slog.Logger) error {
	if len(o.RulesDirs) > 0 {
		rules := o
		rules.Domain, rules.ConfigFile, rules.VolumeDirs = contract.Rules, "", o.RulesDirs
		if err := newStager(rules, log).run(ctx, o.WatchInterval); err != nil {
			return err
		}
	}
	return newStager(o, log).run(ctx, o.WatchInterval)
}

// stager puts one domain in place.
type stager struct {
	options  Options
	live     *set.Volume
	fallback *set.Volume // nil without one
	store    *store.Store
	log      *slog.Logger
}

func newStager(o Options, log *slog.Logger) *stager {
	s := &stager{options: o, live: volume(o)}
	s.store = disk(o, s.live)
	s.log = log.With("domain", s.live.Domain)
	if o.FallbackDir != "" {
		s.fallback = volume(o)
		s.fallback.Dir, s.fallback.ReleaseFile, s.fallback.Required = o.FallbackDir, "", true
		s.fallback.Manifest = contract.FallbackManifest(s.live.Domain)
		s.fallback.Current = s.store.Current
	}
	return s
}

// run ends when a set is in place. In a pod that ran before it keeps what was committed there.
func (s *stager) run(ctx context.Context, every time.Duration) error {
	if err := s.store.Prepare(); err != nil {
		return err
	}
	if set, ran, err := s.store.Restore(); err != nil || ran {
		s.log.Info("keeping the committed set", "digest", set.Digest, "generation", set.Generation)
		return err
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	told := transaction.Problem{}
	for {
		problem := s.try()
		if problem.Reason == "" {
			return nil
		}
		if problem != told {
			s.log.Warn("waiting for a complete set", "reason", problem.Reason, "err", problem.Text)
			told = problem
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %s", problem.Reason, problem.Text)
		case <-ticks.C:
		}
	}
}

// try puts the live set in place or, while something stands against that, the last one that a replica proved.
func (s *stager) try() transaction.Problem {
	live, against := s.take(s.live)
	proved, without := s.take(s.fallback)
	switch {
	case against.Reason != "" && without.Reason != "":
		against.Text += "; last known good set: " + without.Text
		return against
	case against.Reason != "":
		s.log.Warn("starting on the last known good set", "digest", proved.Digest, "reason", against.Reason, "err", against.Text)
		return failed(s.start(proved, true))
	case without.Reason != "":
		s.log.Info("starting on the live set", "digest", live.Digest, "fallback", without.Text)
		return failed(s.start(live, false))
	case live.ID == proved.ID:
		s.log.Info("starting on the live set, which is proved", "digest", live.Digest)
		return failed(s.start(live, true))
	}
	return failed(s.startUnproved(live, proved))
}

// take stages the set in the volume unless something stands against it.
func (s *stager) take(v *set.Volume) (transaction.Set, transaction.Problem) {
	if v == nil {
		return transaction.Set{}, transaction.Problem{Reason: contract.Incomplete, Text: "none is kept"}
	}
	err := snapshot.ErrSuperseded
	var o transaction.Observation
	for n := 0; n < looksOnce && errors.Is(err, snapshot.ErrSuperseded); n++ {
		if o, err = v.Observe(); err != nil {
			continue
		}
		o.RefusedElsewhere = o.RefusedElsewhere || slices.Contains(s.refused(), o.Digest)
		if p := transaction.Objection(o, s.options.PrometheusVersion); p.Reason != "" {
			return o.Set, p
		}
		err = s.store.Stage(o.Set, v.Render)
	}
	return o.Set, failed(err)
}

// refused are the sets that another replica's Prometheus refused, as they are kept beside the fallback.
func (s *stager) refused() []string {
	if s.fallback == nil {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(s.fallback.Dir, contract.ReleaseFile))
	if err != nil {
		return nil
	}
	r, err := contract.ParseRelease(data)
	if err != nil {
		s.log.Warn("refused sets are unknown", "err", err)
	}
	return r.Refused
}

// start points the link to a set that is staged. No journal: nothing runs yet.
func (s *stager) start(set transaction.Set, proved bool) error {
	return errors.Join(s.store.Remember(set, proved), s.store.Flip(s.live.Domain, set.ID))
}

// startUnproved starts on the live set with a way back: a journal such as a reloader writes, so that a Prometheus that cannot
// start is brought back to the proved set by the reloaders. There is one journal. Where the rules have it, the configuration
// starts on the proved set: it costs one more load, while rules that come later lose the state of their alerts.
func (s *stager) startUnproved(live, proved transaction.Set) error {
	d, err := s.store.Disk()
	if err != nil {
		return err
	}
	if d.Journal != nil {
		s.log.Info("starting on the last known good set, for the live rules are unproved as well", "digest", proved.Digest)
		return s.start(proved, true)
	}
	s.log.Info("starting on the live set, which nobody has proved yet", "digest", live.Digest, "fallback", proved.Digest)
	entry := transaction.Entry{Domain: s.live.Domain, From: proved.ID, To: live.ID, Fresh: true}
	if err := errors.Join(s.store.Remember(proved, true), s.store.Journal(entry)); err != nil {
		return err
	}
	return s.store.Flip(s.live.Domain, live.ID)
}

// failed says what an error means for the set; none for nil.
func failed(err error) transaction.Problem {
	if err == nil {
		return transaction.Problem{}
	}
	if refusal, ok := errors.AsType[*expand.Error](err); ok {
		return transaction.Problem{Reason: refusal.Reason, Text: refusal.Error()}
	}
	if errors.Is(err, snapshot.ErrSuperseded) {
		return transaction.Problem{Reason: contract.Incomplete, Text: err.Error()}
	}
	return transaction.Problem{Reason: contract.WriteFailed, Text: err.Error()}
}
