package reloader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/set"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/store"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// stageOnce puts a complete set of each domain in place before Prometheus starts, and waits until there is one: a first load
// without rules would lose the state of alerts for good. It does not wait for a release, and in a pod that ran before it keeps
// what was committed there.
func stageOnce(ctx context.Context, o Options, log *slog.Logger) error {
	if err := stageDomain(ctx, o, log); err != nil {
		return err
	}
	if o.RulesDir == "" {
		return nil
	}
	rules := o
	rules.Domain, rules.ConfigFile, rules.VolumeDirs = contract.Rules, "", list{o.RulesDir}
	return stageDomain(ctx, rules, log)
}

func stageDomain(ctx context.Context, o Options, log *slog.Logger) error {
	v := volume(o)
	s := disk(o, v)
	if err := s.Prepare(); err != nil {
		return err
	}
	if set, ran, err := s.Restore(); err != nil || ran {
		log.Info("keeping the committed set", "domain", v.Domain, "digest", set.Digest, "generation", set.Generation)
		return err
	}
	ticks := time.NewTicker(o.WatchInterval)
	defer ticks.Stop()
	told := transaction.Problem{}
	for {
		problem := tryStage(v, s)
		if problem.Reason == "" {
			log.Info("staged the first set", "domain", v.Domain)
			return nil
		}
		if problem != told {
			log.Warn("waiting for a complete set", "domain", v.Domain, "reason", problem.Reason, "err", problem.Text)
			told = problem
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %s", problem.Reason, problem.Text)
		case <-ticks.C:
		}
	}
}

// tryStage stages the set that is in the volume and points the link to it. No journal: nothing runs yet.
func tryStage(v *set.Volume, s *store.Store) transaction.Problem {
	o, err := v.Observe()
	switch {
	case err != nil:
		return failed(err)
	case o.HasManifest && o.ManifestVersion != contract.ManifestFormat:
		return transaction.Problem{Reason: contract.ManifestVersion, Text: fmt.Sprintf("the manifest has format %d", o.ManifestVersion)}
	case !o.Complete:
		return o.Problem
	case o.RefusedElsewhere:
		return transaction.Problem{Reason: contract.RefusedElsewhere, Text: "another replica's Prometheus refused this set"}
	}
	if err := s.Stage(o.Set, v.Render); err != nil {
		return failed(err)
	}
	if err := s.Flip(v.Domain, o.ID); err != nil {
		return failed(err)
	}
	return transaction.Problem{}
}

func failed(err error) transaction.Problem {
	if refusal, ok := errors.AsType[*expand.Error](err); ok {
		return transaction.Problem{Reason: refusal.Reason, Text: refusal.Error()}
	}
	if errors.Is(err, snapshot.ErrSuperseded) {
		return transaction.Problem{Reason: contract.Incomplete, Text: err.Error()}
	}
	return transaction.Problem{Reason: contract.WriteFailed, Text: err.Error()}
}
